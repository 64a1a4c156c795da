using Holdfast.Control.Tasks;

namespace Holdfast.Control.Tests.Tasks;

public sealed class TaskStoreOnSqlite(CatalogTemplates templates) : TaskStoreSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));

    /// <summary>Every statement of the list must walk an index in its own order: no scan of the table, no sorting.</summary>
    [Fact]
    public async Task The_planner_walks_an_index_for_every_statement_of_the_list()
    {
        await using var connection = await Bed.Database.OpenAsync(Cancel);
        var shapes =
            from byStatus in (bool[])[true, false]
            from up in (bool[])[true, false]
            from start in Enum.GetValues<PageStart>()
            select new PageShape(byStatus, up, start);
        foreach (
            var sql in shapes
                .SelectMany(s => (string[])[TaskListSql.SqlitePage(s), TaskListSql.SqliteSkip(s)])
                .Concat([TaskListSql.Count('?'), TaskListSql.CountOfStatus('?'), TaskListSql.Key('?'), TaskListSql.One('?')])
        )
        {
            await using var explain = connection.CreateCommand();
            explain.CommandText = "EXPLAIN QUERY PLAN " + sql;
            for (var i = 1; sql.Contains($"?{i}", StringComparison.Ordinal); i++)
            {
                explain.Parameters.Add(new Microsoft.Data.Sqlite.SqliteParameter($"?{i}", 1));
            }

            var plan = new List<string>();
            await using var reader = await explain.ExecuteReaderAsync(Cancel);
            while (await reader.ReadAsync(Cancel))
            {
                plan.Add(reader.GetString(3));
            }

            Assert.DoesNotContain(
                plan,
                line => line.StartsWith("SCAN", StringComparison.Ordinal) && !line.Contains("CONSTANT", StringComparison.Ordinal)
            );
            Assert.DoesNotContain(plan, line => line.Contains("TEMP B-TREE", StringComparison.Ordinal));
            if (sql.Contains("ORDER BY", StringComparison.Ordinal))
            {
                var keyed = sql.Contains('>') || sql.Contains('<');
                Assert.Contains(
                    plan,
                    line =>
                        line.Contains(
                            sql.Contains("status =", StringComparison.Ordinal)
                                ? "task_by_policy_status (policy_id=? AND status=?"
                                : "task_by_policy (policy_id=?",
                            StringComparison.Ordinal
                        ) && (!keyed || line.Contains("(created_at,id)", StringComparison.Ordinal))
                );
            }

            if (sql.Contains("OFFSET", StringComparison.Ordinal))
            {
                Assert.Contains(plan, line => line.Contains("COVERING INDEX", StringComparison.Ordinal));
            }
        }
    }
}

public sealed class TaskStoreOnPostgres(CatalogTemplates templates) : TaskStoreSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);

    /// <summary>Planning costs more than reading a page: after its first calls, a statement must be run by the plan that it has.</summary>
    [Fact]
    public async Task No_page_is_planned_anew_at_each_call()
    {
        var (project, policy) = await AddPolicyAsync();
        await FillAsync(project, policy);
        var marker = new BackupTaskId(Guid.Parse((await Bed.QueryAsync<string>("SELECT id FROM task WHERE created_at = 2500"))[0]));
        foreach (
            var query in from status in (BackupTaskStatus?[])[null, BackupTaskStatus.Success, BackupTaskStatus.Waiting]
                         from after in (BackupTaskId?[])[null, marker]
                         from up in (bool[])[true, false]
                         select new TaskQuery
                         {
                             Project = project,
                             Policy = policy,
                             Limit = 20,
                             Status = status,
                             Marker = after,
                             Ascending = up,
                         }
        )
        {
            for (var i = 0; i < 12; i++)
            {
                await Tasks.QueryAsync(query, Cancel);
            }
        }

        // The one connection of this test, which has been given back and is given out again.
        var planned = await Bed.QueryAsync<string>(
            "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%FROM task%' AND custom_plans > 7"
        );
        Assert.NotEmpty(
            await Bed.QueryAsync<string>(
                "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%FROM task%' AND generic_plans > 0"
            )
        );
        Assert.Empty(planned);
    }

    private async Task FillAsync(ProjectId project, PolicyId policy)
    {
        await Bed.ExecuteAsync(
            $"""
            INSERT INTO task (id, policy_id, project_id, volume_id, status, origin, created_at, finished_at)
            SELECT gen_random_uuid()::text, '{policy}', '{project}', gen_random_uuid()::text, 3, 2, i, i FROM generate_series(1, 5000) i
            """
        );
        await Bed.ExecuteAsync("ANALYZE task");
    }

    /// <summary>Also planned once for all values, every statement must walk the index that ends where the page does, and sort and filter
    /// nothing.</summary>
    [Fact]
    public async Task The_planner_walks_the_right_index_for_every_page()
    {
        var (project, policy) = await AddPolicyAsync();
        await FillAsync(project, policy);
        await using var connection = await Bed.Database.OpenAsync(Cancel);
        await RunAsync("SET plan_cache_mode = force_generic_plan");
        var prepared = 0;
        foreach (
            var shape in from byStatus in (bool[])[true, false]
                         from up in (bool[])[true, false]
                         from start in (PageStart[])[PageStart.Top, PageStart.After]
                         select new PageShape(byStatus, up, start)
        )
        {
            foreach (var skips in (bool[])[true, false])
            {
                string[] arguments =
                [
                    "text",
                    .. shape.ByStatus ? ["int"] : Array.Empty<string>(),
                    .. shape.Start == PageStart.After ? ["text"] : Array.Empty<string>(),
                    .. skips ? ["bigint"] : Array.Empty<string>(),
                ];
                var name = $"q{++prepared}";
                await RunAsync($"PREPARE {name} ({string.Join(", ", arguments)}) AS {TaskListSql.PostgresPage(shape, 20, skips)}");
                var plan = await RunAsync(
                    $"EXPLAIN EXECUTE {name} ({string.Join(", ", arguments.Select(a => a == "text" ? "'x'" : "1"))})"
                );

                var walks = plan.Where(line =>
                        line.Contains("Scan", StringComparison.Ordinal)
                        && line.Contains(" on task ", StringComparison.Ordinal)
                        && !line.Contains(" on task m ", StringComparison.Ordinal)
                    )
                    .ToList();
                Assert.Equal(skips ? 2 : 1, walks.Count);
                Assert.All(
                    walks,
                    line =>
                        Assert.Contains(
                            shape.ByStatus ? "task_by_policy_status" : "using task_by_policy on",
                            line,
                            StringComparison.Ordinal
                        )
                );
                Assert.DoesNotContain(plan, line => line.Contains("Sort", StringComparison.Ordinal));
            }
        }

        async Task<List<string>> RunAsync(params string[] statements)
        {
            var lines = new List<string>();
            foreach (var sql in statements)
            {
                await using var command = connection.CreateCommand();
                command.CommandText = sql;
                await using var reader = await command.ExecuteReaderAsync(Cancel);
                while (await reader.ReadAsync(Cancel))
                {
                    lines.Add(reader.GetString(0));
                }
            }

            return lines;
        }
    }
}
