using Holdfast.Control.Backups;
using Holdfast.Control.Quotas;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Backups;

/// <summary>Lists of backups in every order, page by page, and what a project may have.</summary>
public abstract class BackupListSpec : FlowSpec
{
    [Theory]
    [InlineData(BackupSortKey.CreatedAt)]
    [InlineData(BackupSortKey.UpdatedAt)]
    [InlineData(BackupSortKey.Name)]
    [InlineData(BackupSortKey.Status)]
    [InlineData(BackupSortKey.Size)]
    [InlineData(BackupSortKey.Id)]
    [InlineData(BackupSortKey.Volume)]
    public async Task Page_by_page_every_backup_is_seen_once_in_the_order_that_one_page_has(BackupSortKey key)
    {
        await MakeAsync("b", "a", null, "b", "Z", "ä", "a");
        foreach (var descending in (bool[])[true, false])
        {
            await SeeEachOnceAsync([new(key, descending)]);
            await SeeEachOnceAsync([new(key, descending), new(BackupSortKey.CreatedAt, !descending)]);
        }
    }

    [Fact]
    public async Task Names_are_ordered_by_their_characters_and_none_comes_first()
    {
        await MakeAsync("b", null, "Z", "a", "ä");
        var list = await World.Backups.ListAsync(
            Project,
            new BackupFilter(),
            new BackupPage { Limit = 10, Sort = [new(BackupSortKey.Name, Descending: false)] },
            Cancel
        );
        Assert.Equal([null, "Z", "a", "b", "ä"], list.Select(backup => backup.Name));
    }

    [Fact]
    public async Task Filters_take_whole_texts_and_parts_and_count_what_they_let_through()
    {
        var ids = await MakeAsync("one", "two", "One more");
        async Task SeesAsync(BackupFilter filter, params BackupId[] expected)
        {
            Assert.Equal(
                expected.ToHashSet(),
                (await World.Backups.ListAsync(Project, filter, Page(10), Cancel)).Select(backup => backup.Id).ToHashSet()
            );
            Assert.Equal(expected.Length, await World.Backups.CountAsync(Project, filter, Cancel));
        }

        await SeesAsync(new(), [.. ids]);
        await SeesAsync(new() { Name = "one" }, ids[0]);
        await SeesAsync(new() { NamePart = "o" }, [.. ids]);
        await SeesAsync(new() { NamePart = "ne m" }, ids[2]);
        await SeesAsync(new() { NamePart = "%" });
        await SeesAsync(new() { VolumePart = Volume.Id.ToString()[5..20] }, [.. ids]);
        await SeesAsync(new() { Statuses = [] });
        await SeesAsync(new() { Statuses = [BackupStatus.Error, BackupStatus.Available] }, [.. ids]);
        await SeesAsync(new() { Statuses = [BackupStatus.Error] });
        Assert.Equal(
            [ids[0]],
            (
                await World.Backups.ListAsync(
                    Project,
                    new(),
                    new BackupPage
                    {
                        Limit = 1,
                        Offset = 1,
                        Sort = [new(BackupSortKey.Name, Descending: false)],
                    },
                    Cancel
                )
            ).Select(backup => backup.Id)
        );
        Assert.Empty(await World.Backups.ListAsync(Project, new(), new BackupPage { Limit = 1, Marker = BackupId.New(Bed.Clock) }, Cancel));
    }

    [Fact]
    public async Task One_backup_more_than_the_quota_is_refused_and_let_in_when_one_is_gone()
    {
        await World.Quotas.SetAsync(Project, new Quota(2, Quota.Unlimited), Cancel);
        var ids = await MakeAsync("one", "two");
        var refused = Assert.IsType<CreateBackupOutcome.QuotaExceeded>(await World.Service.CreateAsync(Project, Order("three"), Cancel));
        Assert.Equal(QuotaKind.Backups, refused.Breach.Kind);
        Assert.Equal(new QuotaUsage(2, 0, 2, 0), await World.Quotas.UsageAsync(Project, Cancel));

        await World.Service.DeleteAsync(Project, ids[0], Cancel);
        await World.RunJobsAsync(Cancel);

        Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("three"), Cancel));
        Assert.Equal(new QuotaUsage(1, 1, 1, 1), await World.Quotas.UsageAsync(Project, Cancel));
    }

    [Fact]
    public async Task Gigabytes_count_by_the_size_of_the_volume_and_a_policy_keeps_to_them_too()
    {
        var policy = await AddPolicyAsync();
        await World.Quotas.SetAsync(Project, new Quota(Quota.Unlimited, 1), Cancel);
        await BackUpAsync(policy);
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);

        var task = (await World.TasksAsync(policy, Cancel))[^1];
        Assert.Equal("AutoBackup.0218", task.Code);
        Assert.Equal(1, await World.Backups.CountAsync(Project, new(), Cancel));
        Assert.Equal(
            QuotaKind.BackupGigabytes,
            Assert.IsType<CreateBackupOutcome.QuotaExceeded>(await World.Service.CreateAsync(Project, Order("x"), Cancel)).Breach.Kind
        );
    }

    [Fact]
    public async Task A_volume_has_no_more_backups_than_the_setting_allows()
    {
        World.QuotaOptions.BackupsPerVolume = 1;
        await MakeAsync("one");
        Assert.Equal(
            QuotaKind.BackupsOfVolume,
            Assert.IsType<CreateBackupOutcome.QuotaExceeded>(await World.Service.CreateAsync(Project, Order("two"), Cancel)).Breach.Kind
        );
    }

    [Fact]
    public async Task A_full_backup_is_compared_with_none_and_reads_everything()
    {
        await MakeAsync("first");
        var order = Order("full") with { Full = true };
        var full = Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, order, Cancel));
        await World.RunJobsAsync(Cancel);
        var backup = await World.Backups.FindAsync(Project, full.Backup, Cancel);
        Assert.Equal((BackupStatus.Available, null, 1_000_000L), (backup!.Status, backup.Parent, backup.BytesRead));
    }

    /// <summary>Newest last.</summary>
    private async Task<List<BackupId>> MakeAsync(params string?[] names)
    {
        var ids = new List<BackupId>();
        foreach (var name in names)
        {
            ids.Add(Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order(name), Cancel)).Backup);
            await World.RunJobsAsync(Cancel);

            // Some are as old as others: then the id decides.
            Bed.Clock.Advance(TimeSpan.FromMilliseconds(ids.Count % 2));
        }

        return ids;
    }

    private async Task SeeEachOnceAsync(IReadOnlyList<BackupSort> sort)
    {
        var whole = (await World.Backups.ListAsync(Project, new(), new BackupPage { Limit = 100, Sort = sort }, Cancel))
            .Select(backup => backup.Id)
            .ToList();
        var seen = new List<BackupId>();
        while (
            await World.Backups.ListAsync(
                Project,
                new(),
                new BackupPage
                {
                    Limit = 2,
                    Sort = sort,
                    Marker = seen.Count == 0 ? null : seen[^1],
                },
                Cancel
            )
                is { Count: > 0 } page
        )
        {
            seen.AddRange(page.Select(backup => backup.Id));
            Assert.True(seen.Count <= whole.Count);
        }

        Assert.Equal(whole, seen);
        Assert.Equal(await World.Backups.CountAsync(Project, new(), Cancel), seen.Distinct().Count());
    }
}

public sealed class BackupListOnSqlite(CatalogTemplates templates) : BackupListSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class BackupListOnPostgres(CatalogTemplates templates) : BackupListSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
