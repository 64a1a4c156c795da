using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Exports;
using Holdfast.Control.Jobs;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Exports;

/// <summary>A lost catalog made anew from the repository alone, on both databases.</summary>
public abstract class RebuildSpec : RebuildBed
{
    [Fact]
    public async Task What_was_exported_is_all_there_again_and_the_service_goes_on_where_it_was()
    {
        var policy = await AddPolicyAsync();
        await FillAsync();
        var first = await BackUpAsync(policy);
        Change(VolumeFile, at: 5000);
        var second = await BackUpAsync(policy);
        var bytes = await File.ReadAllBytesAsync(VolumeFile, Cancel);
        var head = await ExportAsync();
        var before = await RowsAsync(Bed);

        var report = await RebuildAsync();

        Assert.Equal((2L, 0L, 1L, 1L, 2L), (report.Backups, report.Added, report.Policies, report.Volumes, report.Tasks));
        Assert.Equal((head.Name, 2L), (report.Export!.Name, report.Era));
        Assert.Empty(report.Lost);
        Assert.Empty(report.Damaged);
        Assert.Equal(before, await RowsAsync(Target));
        Assert.Equal(2, Assert.Single(await Target.QueryAsync<long>("SELECT era FROM repository")));

        await using var world = await StartAsync();
        Assert.Equal([2L], (await world.TasksAsync(policy, Cancel)).GroupBy(task => task.Status).Select(tasks => (long)tasks.Count()));
        Change(VolumeFile, at: 9000);
        Target.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new FiringOutcome.Fired(1), await world.Firing.FireNowAsync(Project, policy.Id, Cancel));
        await world.RunJobsAsync(Cancel);
        var made = (await world.TasksAsync(policy, Cancel))[^1];
        Assert.True(made.Status == BackupTaskStatus.Success, made.Message);
        var manifest = (await world.Repository.FindAsync(made.Backup!.Value, Cancel))!;
        Assert.Equal((second, 3L, 2L), (manifest.Parent, manifest.Number, manifest.Era));
        Assert.InRange(manifest.Figures.BytesNew, 1, 3 * 64 * 1024);
        Assert.Equal(bytes, await BytesOfAsync(world.Repository, second, bytes.Length));
        Assert.NotEqual(bytes, await BytesOfAsync(world.Repository, first, bytes.Length));
    }

    [Fact]
    public async Task It_is_told_how_far_an_export_and_a_rebuild_are()
    {
        await BackUpAsync(await AddPolicyAsync());
        await Bed.ExecuteAsync(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO project (id, name, enabled, "
                + "created_at) SELECT 'p' || CAST(i AS TEXT), 'name ' || CAST(i AS TEXT), 1, 0 FROM n"
        );
        var (exported, rebuilt) = (new Told(), new Told());
        await Exporter.RunAsync(Cancel, exported);
        var rows = (await RowsAsync(Bed)).Sum(table => (long)table.Value.Count);

        await RebuildAsync(progress: rebuilt);

        Assert.Equal<(string, long, long?)>([("rows", 1000, null), ("rows", 2000, null)], exported);
        Assert.Equal<(string, long, long?)>(
            [("backups read", 1, null), ("index objects seen", 1, 1), ("rows", 1000, rows), ("rows", 2000, rows)],
            rebuilt
        );
    }

    [Fact]
    public async Task Backups_that_were_made_after_the_export_are_there_with_what_their_labels_say()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        await ExportAsync();
        var late = await BackUpAsync(policy);
        var file = Folder.File("second.img", Bytes(300_000, seed: 7));
        var volume = await World.AddVolumeAsync(Project, file, Cancel);
        var byHand = Assert.IsType<CreateBackupOutcome.Queued>(
            await World.Service.CreateAsync(Project, Order("by hand", "why") with { Volume = volume.Id }, Cancel)
        );
        await World.RunJobsAsync(Cancel);
        var before = (await World.Backups.FindAsync(Project, late, Cancel))!;

        var report = await RebuildAsync();

        Assert.Equal((3L, 2L, 2L), (report.Backups, report.Added, report.Volumes));
        await using var world = await StartAsync();
        var after = (await world.Backups.FindAsync(Project, late, Cancel))!;
        Assert.Equal(
            (before.Name, before.Policy, before.Number, before.CreatedAt, before.Parent, before.VolumeBytes),
            (after.Name, after.Policy, after.Number, after.CreatedAt, after.Parent, after.VolumeBytes)
        );
        Assert.Equal(
            await Bed.QueryAsync<string>("SELECT key || value FROM backup_tag ORDER BY backup_id"),
            await Target.QueryAsync<string>("SELECT key || value FROM backup_tag ORDER BY backup_id")
        );
        var hand = (await world.Backups.FindAsync(Project, byHand.Backup, Cancel))!;
        Assert.Equal(("by hand", "why", 1L), (hand.Name, hand.Description, hand.Number));
        var known = (await world.Volumes.FindAsync(Project, volume.Id, Cancel))!;
        Assert.Equal((volume.Name, volume.Source, volume.Identity), (known.Name, known.Source, known.Identity));
    }

    [Fact]
    public async Task What_was_going_on_is_ended_as_what_became_of_it()
    {
        var policy = await AddPolicyAsync();
        var file = Folder.File("second.img", Bytes(300_000, seed: 7));
        var other = await World.AddVolumeAsync(Project, file, Cancel);
        await World.PolicyVolumes.AssociateAsync(Project, policy.Id, [other.Id.ToString()], Cancel);
        Assert.Equal(new FiringOutcome.Fired(2), await World.Firing.FireNowAsync(Project, policy.Id, Cancel));
        await Bed.ExecuteAsync("UPDATE volume SET status = 3");
        await Bed.InTransactionAsync(tx => World.Jobs.QueueUpkeepAsync(tx, JobKind.Check, "{}", Cancel));
        await ExportAsync();
        await Bed.ExecuteAsync("UPDATE volume SET status = 1");
        await World.Worker.RunOnceAsync(Bed.Now, Cancel);

        var report = await RebuildAsync();

        Assert.Equal((1L, 1L), (report.Backups, report.Added));
        var tasks = await Target.QueryAsync<string>("SELECT status || coalesce(code, '') FROM task ORDER BY status");
        Assert.Equal([$"{(int)BackupTaskStatus.Success}", $"{(int)BackupTaskStatus.Failed}{TaskCodes.NotHandedOver}"], tasks);
        var jobs = await Target.QueryAsync<string>("SELECT kind || ' ' || state FROM job ORDER BY kind, state");
        Assert.Equal(["1 3", "1 4", "5 4"], jobs);
        Assert.All(
            await Target.QueryAsync<string>("SELECT fail_reason FROM job WHERE state = 4"),
            reason => Assert.Contains("catalog was lost", reason, StringComparison.Ordinal)
        );
        Assert.Equal([1L, 1L], await Target.QueryAsync<long>("SELECT status FROM volume"));
        Assert.Equal(
            2,
            Assert.Single(await Target.QueryAsync<long>("SELECT CAST(sum(tasks) AS bigint) FROM task_counter WHERE status IN (3, 4)"))
        );
    }

    [Fact]
    public async Task A_backup_of_the_export_that_the_repository_does_not_hold_is_left_out_and_told()
    {
        var policy = await AddPolicyAsync();
        var gone = await BackUpAsync(policy);
        var kept = await BackUpAsync(policy);
        await ExportAsync();
        await World.Repository.RemoveAsync(gone, Cancel);

        var report = await RebuildAsync();

        Assert.Equal(gone.ToString(), Assert.Single(report.Lost).Id);
        Assert.Equal([kept.ToString()], await Target.QueryAsync<string>("SELECT id FROM backup"));
        Assert.Equal([2L], await Target.QueryAsync<long>("SELECT last_number FROM volume_number"));
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_leaves_its_backup_with_that_verdict()
    {
        var policy = await AddPolicyAsync();
        var backup = await BackUpAsync(policy);
        await ExportAsync();
        var bytes = Store[$"manifests/{backup}"].ToArray();
        bytes[^1] ^= 1;
        Store[$"manifests/{backup}"] = bytes;

        var report = await RebuildAsync();

        Assert.Contains(backup.ToString(), Assert.Single(report.Damaged), StringComparison.Ordinal);
        await using var world = await StartAsync();
        var found = (await world.Backups.FindAsync(Project, backup, Cancel))!;
        Assert.Equal((BackupStatus.Available, false), (found.Status, found.LastVerdict!.IsOk));
    }

    [Fact]
    public async Task Of_a_damaged_export_the_one_before_is_used_and_without_any_the_manifests_alone()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        var first = await ExportAsync();
        await Bed.ExecuteAsync("UPDATE policy SET name = 'renamed'");
        var second = await ExportAsync();
        await DamageAsync(second.Name);

        var report = await RebuildAsync();

        Assert.Equal(first.Name, report.Export!.Name);
        Assert.Contains(second.Name.ToString(), Assert.Single(report.Damaged), StringComparison.Ordinal);
        Assert.Equal(["p"], await Target.QueryAsync<string>("SELECT name FROM policy"));
        Assert.Equal(1, report.Backups);
    }

    [Fact]
    public async Task Without_an_export_backups_come_back_under_their_volumes_in_a_project_of_their_own()
    {
        var policy = await AddPolicyAsync();
        var backup = await BackUpAsync(policy);
        Change(VolumeFile, at: 5000);
        await BackUpAsync(policy);

        var report = await RebuildAsync();

        Assert.Null(report.Export);
        Assert.Equal((2L, 2L, 0L, 1L, 0L), (report.Backups, report.Added, report.Policies, report.Volumes, report.Tasks));
        Assert.Equal([$"recovered-{Project.Value[..8]}"], await Target.QueryAsync<string>("SELECT name FROM project"));
        Assert.Empty(await Target.QueryAsync<string>("SELECT repository_id FROM service"));
        await using var world = await StartAsync();
        var volume = (await world.Volumes.FindAsync(Project, Volume.Id, Cancel))!;
        Assert.Equal((Volume.Name, Volume.Source), (volume.Name, volume.Source));
        Assert.Equal(Bytes(1_000_000, seed: 1), await BytesOfAsync(world.Repository, backup, 1_000_000));

        var ordered = Assert.IsType<CreateBackupOutcome.Queued>(await world.Service.CreateAsync(Project, Order("next"), Cancel));
        await world.RunJobsAsync(Cancel);
        Assert.Equal(3, (await world.Repository.FindAsync(ordered.Backup, Cancel))!.Number);
    }

    [Fact]
    public async Task Backups_that_were_made_without_a_service_get_a_volume_and_numbers_of_their_own()
    {
        var address = new Uri(VolumeFile).AbsoluteUri;
        foreach (var seed in new[] { 1, 2, 3 })
        {
            Bed.Clock.Advance(TimeSpan.FromSeconds(1));
            await World.Repository.BackupAsync(
                new MemoryDevice(Bytes(100_000, seed)),
                new Engine.Backup.BackupRequest
                {
                    Id = BackupId.New(Bed.Clock),
                    Volume = address,
                    Number = Math.Min(seed, 2),
                    Labels = new Dictionary<string, string>(),
                },
                null,
                Cancel
            );
        }

        var report = await RebuildAsync();

        Assert.Equal(3, report.Backups);
        Assert.Equal([1L, 2L, 3L], await Target.QueryAsync<long>("SELECT number FROM backup ORDER BY number"));
        Assert.Equal(["recovered"], await Target.QueryAsync<string>("SELECT name FROM project"));
        Assert.Single(await Target.QueryAsync<string>("SELECT DISTINCT volume_id FROM backup"));
    }

    [Fact]
    public async Task A_catalog_that_is_in_use_and_an_export_of_a_newer_version_are_refused_before_anything_changes()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        await Target.AddProjectAsync();
        var used = await Assert.ThrowsAsync<HoldfastException>(() => RebuildAsync());
        Assert.Equal(FailureKind.Refused, used.Kind);
        await Target.ExecuteAsync("DELETE FROM project");

        var part = World.Repository.Exports.Seal("{\"table\":\"x\",\"columns\":[]}\n"u8);
        var newer = new CatalogExportHead
        {
            Repository = "",
            Era = 0,
            Number = (await World.Repository.Exports.ListAsync(Cancel)) is [var newest, ..] ? newest.Number + 1 : 1,
            Catalog = CatalogMigrator.Version + 1,
            TakenAt = Bed.Now,
            Settings = "",
            History = "",
            Parts = [],
        };
        await World.Repository.Exports.PutAsync(newer, [part], Cancel);
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => RebuildAsync());
        Assert.Equal(FailureKind.UnsupportedVersion, refused.Kind);
        Assert.Equal(1, await EraOfRepositoryAsync());
        Assert.Empty(await Target.QueryAsync<string>("SELECT id FROM backup"));
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Killed_at_any_call_it_is_run_again_and_makes_the_same(FaultMode mode)
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        await ExportAsync();
        await BackUpAsync(policy);
        var died = 0;
        for (var n = 1; ; n++)
        {
            var faulty = new FaultyObjectStore(Store, n, mode);
            if (await Record.ExceptionAsync(() => RebuildAsync(faulty)) is null)
            {
                break;
            }

            died++;
            Assert.True(faulty.IsDead);
            Assert.Empty(await Target.QueryAsync<string>("SELECT id FROM backup"));
            Assert.True(n < 10, "A rebuild never ends.");
        }

        Assert.Equal(2, died);
        Assert.Equal(2, Assert.Single(await Target.QueryAsync<long>("SELECT count(*) FROM backup WHERE status = 2 AND unsettled = 1")));
        Assert.Equal(
            await EraOfRepositoryAsync(),
            Assert.Single(await Target.QueryAsync<long>("SELECT era FROM repository"))
        );
        await using var world = await StartAsync();
        Assert.Single(await world.TasksAsync(policy, Cancel));
    }

    [Fact]
    public async Task The_old_service_stops_and_its_catalog_exports_nothing_any_more()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        await ExportAsync();
        await RebuildAsync();

        var thrown = await Assert.ThrowsAsync<HoldfastException>(() => ExportAsync());
        Assert.Equal(FailureKind.Refused, thrown.Kind);
        var opened = await Assert.ThrowsAsync<HoldfastException>(() => World.OpenAsync(Bed, Store, Folder.FullPath, Cancel));
        Assert.Equal(FailureKind.Refused, opened.Kind);
    }

    /// <summary>Something in every table.</summary>
    private async Task FillAsync()
    {
        foreach (
            var sql in new[]
            {
                "INSERT INTO account (id, name, password_hash, enabled, created_at) VALUES ('a1', 'ann', '$argon2id$x', 1, 5)",
                "INSERT INTO account_role (account_id, project_id, role) VALUES ('a1', @project, 1)",
                "INSERT INTO access_key (id, account_id, secret, description, created_at) VALUES ('K', 'a1', 'sealed', NULL, 6)",
                "INSERT INTO project_quota (project_id, backups, backup_gigabytes) VALUES (@project, 50, -1)",
            }
        )
        {
            await Bed.ExecuteAsync(sql, new { project = Project.Value });
        }
    }

    private async Task DamageAsync(CatalogExportName name)
    {
        await foreach (var entry in Store.ListAsync("catalog/", Cancel))
        {
            if (entry.Key.Value.StartsWith($"catalog/{name}-", StringComparison.Ordinal))
            {
                var bytes = Store[entry.Key.Value].ToArray();
                bytes[^1] ^= 1;
                Store[entry.Key.Value] = bytes;
                return;
            }
        }
    }

    private sealed class Told : List<(string What, long Done, long? Total)>, IProgress<CatalogProgress>
    {
        public void Report(CatalogProgress value) => Add((value.What, value.Done, value.Total));
    }
}

public sealed class RebuildOnSqlite(CatalogTemplates templates) : RebuildSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class RebuildOnPostgres(CatalogTemplates templates) : RebuildSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
