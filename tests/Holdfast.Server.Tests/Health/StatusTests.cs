using System.Data.Common;
using System.Net;
using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Processes;
using Holdfast.Control.Protection;
using Holdfast.Control.Upkeep;
using Holdfast.Server.Health;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Health;

/// <summary>One sentence and one word that nobody has to doubt.</summary>
public sealed class StatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_service_says_what_is_not_protected_until_all_is()
    {
        await using var server = await TestServer.StartAsync([]);
        var (state, kinds) = await AskAsync(server);
        Assert.Equal(("warning", "no_volumes"), (state, Assert.Single(kinds)));

        var volume = await server.AddVolumeAsync("status", 50_000);
        (state, kinds) = await AskAsync(server);
        Assert.Equal(("warning", "volume_unprotected"), (state, Assert.Single(kinds)));

        var policy = await server.CreatePolicyAsync("daily");
        (
            await server.SendAsync(
                "POST",
                "/v2/{p}/backuppolicyresources",
                $$"""{"backup_policy_id": "{{policy}}", "resources": [{"resource_id": "{{volume}}", "resource_type": "volume"}] }"""
            )
        ).Expect(200);
        (state, kinds) = await AskAsync(server);
        Assert.Equal("ok", state);
        Assert.Empty(kinds);
    }

    /// <summary>A full disk, or one that has become read-only: every question is answered, and nothing is written any more.</summary>
    [Fact]
    public async Task A_catalog_that_takes_no_writes_is_ill_though_it_answers()
    {
        await using var server = await TestServer.StartAsync([]);
        var (catalog, signs) = (
            server.Server.Services.GetRequiredService<CatalogDatabase>(),
            server.Server.Services.GetRequiredService<ProcessSigns>()
        );
        await ExecuteAsync(
            catalog,
            "CREATE TRIGGER no_writes BEFORE INSERT ON process BEGIN SELECT RAISE(ABORT, 'the disk takes nothing'); END"
        );
        await Assert.ThrowsAnyAsync<DbException>(() => signs.RunOnceAsync(Now, TestContext.Current.CancellationToken));

        using var ill = await server.Http.GetAsync("/healthz", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ill.StatusCode);
        Assert.Contains(
            "\"catalog\":{\"status\":\"ill\",\"reason\":\"it can be read and not written\"}",
            await ill.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        var (state, kinds) = await AskAsync(server);
        Assert.Equal("error", state);
        Assert.Contains("part_ill", kinds);

        await ExecuteAsync(catalog, "DROP TRIGGER no_writes");
        await signs.RunOnceAsync(Now, TestContext.Current.CancellationToken);
        using var well = await server.Http.GetAsync("/healthz", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, well.StatusCode);
    }

    private static async Task ExecuteAsync(CatalogDatabase catalog, string sql)
    {
        await using var tx = await catalog.BeginAsync(TestContext.Current.CancellationToken);
        await tx.ExecuteAsync(sql, null, TestContext.Current.CancellationToken);
        await tx.CommitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_gravest_comes_first_and_each_names_its_volume_and_a_way_out()
    {
        var answer = AnswerOf(
            [
                Of("plain", ProtectionState.Protected),
                Of("new", ProtectionState.Waiting),
                Of("left", ProtectionState.Unprotected),
                Of("late", ProtectionState.Overdue),
                Of("broken", ProtectionState.Failed) with { Last = new LastOutcome(Now, 3, "x", "its device is away.") },
                Of("hurt", ProtectionState.Damaged) with { DamagedBackups = 2 },
            ],
            [new PartHealth("free_space", "12 MiB are free"), new PartHealth("catalog", null)]
        );

        Assert.Equal("error", answer.State);
        Assert.Equal(
            ["part_ill", "volume_damaged", "volume_failed", "volume_overdue", "volume_unprotected"],
            answer.Reasons.Select(reason => reason.Kind)
        );
        Assert.Equal([null, "hurt", "broken", "late", "left"], answer.Reasons.Select(reason => reason.VolumeName));
        Assert.Contains(
            "3 orders to back it up failed: its device is away; it has no good backup.",
            answer.Reasons[2].Text,
            StringComparison.Ordinal
        );
        Assert.All(answer.Reasons, reason => Assert.NotEmpty(reason.Do));
        Assert.Equal(
            "The service is ill (free space). 4 of 6 volumes not protected as they should be: 1 with damaged backups, 1 failed, 1 overdue, "
                + "1 in no policy that is on. 1 volume waits for the first backup.",
            answer.Sentence
        );
        Assert.Equal(new ProtectionCounts(6, 1, 1, 1, 1, 1, 1), answer.Volumes);
    }

    /// <summary>A second copy that has failed for weeks, while every volume is backed up on time.</summary>
    [Fact]
    public void Upkeep_that_failed_is_told_though_all_volumes_are_protected()
    {
        var (copy, check) = (new UpkeepEnd(JobKind.Copy, false, Now), new UpkeepEnd(JobKind.Check, false, Now.AddDays(-1)));

        var answer = AnswerOf([Of("plain", ProtectionState.Protected), Of("late", ProtectionState.Overdue)], [], check, copy);

        Assert.Equal(["volume_overdue", "upkeep_failed", "upkeep_failed"], answer.Reasons.Select(reason => reason.Kind));
        Assert.Equal(3, answer.ReasonsTotal);
        Assert.Equal("holdfast job list --kind copy", answer.Reasons[^1].Do);
        Assert.EndsWith(" The repository's last check and second copy failed.", answer.Sentence, StringComparison.Ordinal);
        Assert.Equal("warning", AnswerOf([Of("plain", ProtectionState.Protected)], [], copy).State);
    }

    [Fact]
    public async Task A_service_whose_last_prune_failed_says_so_until_one_succeeds()
    {
        await using var server = await TestServer.StartAsync([]);
        var catalog = server.Server.Services.GetRequiredService<CatalogDatabase>();
        await ExecuteAsync(catalog, JobSql("a", JobKind.Prune, state: 4, at: 1));
        await ExecuteAsync(catalog, JobSql("b", JobKind.Copy, state: 4, at: 2));
        Assert.Equal(["upkeep_failed", "no_volumes"], (await AskAsync(server)).Kinds);

        await ExecuteAsync(catalog, JobSql("c", JobKind.Prune, state: 3, at: 3));
        Assert.Equal(["no_volumes"], (await AskAsync(server)).Kinds);
    }

    /// <summary>Whoever asks for the status has a login, and no repository and key at hand.</summary>
    [Fact]
    public void What_is_to_be_done_about_a_part_needs_no_more_than_a_login_to_the_machine_or_the_service()
    {
        var answer = AnswerOf(
            [Of("plain", ProtectionState.Protected)],
            [new("catalog", "x"), new("repository", "x"), new("free_space", "x")]
        );

        Assert.Equal(["journalctl -u holdfast", "journalctl -u holdfast", "df -h"], answer.Reasons.Select(reason => reason.Do));
    }

    [Fact]
    public void A_clock_that_was_ahead_is_told_though_all_seems_well()
    {
        var answer = AnswerOf([Of("plain", ProtectionState.Protected) with { IsDatedAhead = true }], []);

        Assert.Equal(("warning", "volume_dated_ahead"), (answer.State, Assert.Single(answer.Reasons).Kind));
    }

    [Fact]
    public void Many_reasons_are_counted_and_a_hundred_told()
    {
        var answer = AnswerOf([.. Enumerable.Range(0, 250).Select(i => Of($"v{i}", ProtectionState.Overdue))], []);

        Assert.Equal((250, StatusText.MostReasons), (answer.ReasonsTotal, answer.Reasons.Count));
    }

    [Fact]
    public void A_volume_that_went_or_is_well_again_while_it_was_asked_for_gives_no_reason()
    {
        var (gone, mended) = (Of("gone", ProtectionState.Failed), Of("mended", ProtectionState.Failed));

        var answer = StatusText.Of(SightsOf([gone, mended]), [mended with { State = ProtectionState.Protected }], [], [], Now);

        Assert.Equal(("error", 2), (answer.State, answer.ReasonsTotal));
        Assert.Empty(answer.Reasons);
    }

    /// <summary>With no more known than is asked for.</summary>
    private static StatusAnswer AnswerOf(
        IReadOnlyList<VolumeProtection> volumes,
        IReadOnlyList<PartHealth> parts,
        params IReadOnlyList<UpkeepEnd> failed
    )
    {
        var sights = SightsOf(volumes);
        var named = StatusText.Named(sights).ToHashSet();
        return StatusText.Of(sights, volumes.Where(volume => named.Contains(volume.Volume)), parts, failed, Now);
    }

    private static List<VolumeSight> SightsOf(IReadOnlyList<VolumeProtection> volumes) =>
        [
            .. volumes.Select(volume => new VolumeSight(
                volume.Volume,
                volume.Name,
                volume.State,
                volume.Newest?.BegunAt,
                volume.IsDatedAhead
            )),
        ];

    /// <summary>A job of the service's own that has ended.</summary>
    private static string JobSql(string id, JobKind kind, int state, int at) =>
        "INSERT INTO job (id, project_id, kind, state, arguments, created_at, run_after, begin_at, finished_at, attempt, error_code, "
            + $"fail_reason) VALUES ('{id}', '', {(int)kind}, {state}, '{{}}', {at}, {at}, {at}, {at}, 1, "
            + (state == 4 ? "'x', 'x')" : "NULL, NULL)");

    private static VolumeProtection Of(string name, ProtectionState state) =>
        new()
        {
            Project = new ProjectId("p"),
            ProjectName = "p",
            Volume = new VolumeId(Guid.CreateVersion7()),
            Name = name,
            State = state,
        };

    private static async Task<(string? State, IReadOnlyList<string?> Kinds)> AskAsync(TestServer server)
    {
        var status = (await server.SendAsync("GET", "/admin/v1/{p}/status")).Expect(200);
        Assert.Equal(JsonValueKind.String, status.GetProperty("sentence").ValueKind);
        return (
            status.GetProperty("state").GetString(),
            [.. status.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetProperty("kind").GetString())]
        );
    }
}
