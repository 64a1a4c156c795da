using Holdfast.Control.Catalog;

namespace Holdfast.Control.Tasks;

/// <summary>
/// How many tasks a policy has in each status. Changed only here, in the transaction that changes the tasks. They are the lock of a
/// policy's tasks, too: who changes or removes tasks takes all of the policy's counters first, so no two transactions wait for each other
/// in a ring. All rows are made by the first firing, which holds the policy's row.
/// </summary>
internal static class TaskCounters
{
    private const string MakeSql =
        "INSERT INTO task_counter (policy_id, status, tasks) VALUES (@policy, 1, 0), (@policy, 2, 0), (@policy, 3, 0), (@policy, 4, 0), "
            + "(@policy, 5, 0), (@policy, 6, 0) ON CONFLICT (policy_id, status) DO NOTHING";
    private const string AddSql = "UPDATE task_counter SET tasks = tasks + @change WHERE policy_id = @policy AND status = @status";

    private const string LockSql = "SELECT status FROM task_counter WHERE policy_id = @policy ORDER BY status";

    /// <summary>Holds the policy's counters, and by them its tasks, until the transaction ends. SQLite's only writer holds
    /// everything.</summary>
    public static async Task LockAsync(CatalogTransaction tx, PolicyId policy, CancellationToken cancel)
    {
        if (tx.Dialect.RowLock.Length > 0)
        {
            await tx.QueryAsync<int>($"{LockSql} {tx.Dialect.RowLock}", new { policy = policy.ToString() }, cancel);
        }
    }

    public static Task MakeAsync(CatalogTransaction tx, PolicyId policy, CancellationToken cancel) =>
        tx.ExecuteAsync(MakeSql, new { policy = policy.ToString() }, cancel);

    /// <summary>Adds to each status what its entry says; entries may be negative.</summary>
    public static async Task AddAsync(
        CatalogTransaction tx,
        PolicyId policy,
        IEnumerable<KeyValuePair<BackupTaskStatus, long>> changes,
        CancellationToken cancel
    )
    {
        foreach (var (status, change) in changes.Where(c => c.Value != 0).OrderBy(c => c.Key))
        {
            await tx.ExecuteAsync(
                AddSql,
                new
                {
                    policy = policy.ToString(),
                    status = (int)status,
                    change,
                },
                cancel
            );
        }
    }

    public static Task MoveAsync(
        CatalogTransaction tx,
        PolicyId policy,
        BackupTaskStatus from,
        BackupTaskStatus to,
        long tasks,
        CancellationToken cancel
    ) => AddAsync(tx, policy, [new(from, -tasks), new(to, tasks)], cancel);
}
