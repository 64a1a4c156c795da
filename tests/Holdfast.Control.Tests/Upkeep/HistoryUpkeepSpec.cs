using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Users;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Upkeep;

public abstract class HistoryUpkeepSpec : CatalogSpec
{
    [Fact]
    public async Task What_is_older_than_it_is_kept_goes_in_batches_and_what_has_not_ended_stays()
    {
        var project = await Bed.AddProjectAsync();
        var policy = (await Bed.AddPolicyAsync(project)).ToString();
        var old = Bed.Now.AddDays(-401).ToUnixTimeMilliseconds();
        var young = Bed.Now.AddDays(-399).ToUnixTimeMilliseconds();
        await Bed.InTransactionAsync(async tx =>
        {
            for (var i = 0; i < 1203; i++)
            {
                await tx.ExecuteAsync(
                    "INSERT INTO task (id, policy_id, project_id, volume_id, status, origin, created_at, finished_at) VALUES (@id, "
                        + "@policy, 'p', 'v', @status, 2, @at, @finished)",
                    new
                    {
                        id = $"t{i}",
                        policy,
                        status = i == 0 ? 2 : 3,
                        at = i < 1202 ? old : young,
                        finished = i == 0 ? (long?)null : old,
                    },
                    Cancel
                );
            }

            await tx.ExecuteAsync(
                "INSERT INTO task_counter (policy_id, status, tasks) SELECT policy_id, status, count(*) FROM task GROUP BY policy_id, "
                    + "status",
                null,
                Cancel
            );
            foreach (var (id, state, at) in ((string, int, long)[])[("old", 3, old), ("young", 3, young)])
            {
                await tx.ExecuteAsync(
                    "INSERT INTO job (id, project_id, kind, state, arguments, created_at, run_after, begin_at, finished_at, attempt) "
                        + "VALUES (@id, 'p', 1, @state, '{}', 0, 0, 0, @at, 1)",
                    new
                    {
                        id,
                        state,
                        at,
                    },
                    Cancel
                );
            }
        });
        await using var tasks = new TaskStore(Bed.Database, Bed.Clock, Options.Create(new TaskOptions()));
        var jobs = new JobStore(Bed.Database, Bed.Clock);
        using var upkeep = new HistoryUpkeep(
            tasks,
            jobs,
            new DrillStore(Bed.Database, jobs, Bed.Clock),
            new TokenStore(Bed.Database, Bed.Clock),
            Options.Create(new TaskOptions()),
            Options.Create(new JobOptions()),
            Bed.Clock,
            NullLogger<HistoryUpkeep>.Instance
        );

        await upkeep.RunOnceAsync(Bed.Now, Cancel);

        Assert.Equal(["t0", "t1202"], await Bed.QueryAsync<string>("SELECT id FROM task ORDER BY id"));
        Assert.Equal(["2 1", "3 1"], await Bed.QueryAsync<string>("SELECT status || ' ' || tasks FROM task_counter ORDER BY status"));
        Assert.Equal(["young"], await Bed.QueryAsync<string>("SELECT id FROM job"));
    }
}

public sealed class HistoryUpkeepOnSqlite(CatalogTemplates templates) : HistoryUpkeepSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class HistoryUpkeepOnPostgres(CatalogTemplates templates) : HistoryUpkeepSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
