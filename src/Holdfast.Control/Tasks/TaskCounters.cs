using Holdfast.Control.Catalog;

namespace Holdfast.Control.Tasks;

/// <summary>
/// How many tasks a policy has in each status. Changed only here, in the transaction that changes the tasks. Rows are changed in the order
/// of their status and are all made by the first firing, which holds the policy's row: so no two transactions wait for each other in a ring.
/// </summary>
internal static class TaskCounters
{
    private const string MakeSql = "INSERT INTO task_counter (policy_id, status, tasks) VALUES (@policy, 1, 0), (@policy, 2, 0), (@policy, 3, 0), (@policy, 4, 0), (@policy, 5, 0), (@policy, 6, 0) ON CONFLICT (policy_id, status) DO NOTHING";
    private const string AddSql = "UPDATE task_counter SET tasks = tasks + @change WHERE policy_id = @policy AND status = @status";

    public static Task MakeAsync(CatalogTransaction tx, PolicyId policy, CancellationToken cancel) =>
        tx.ExecuteAsync(MakeSql, new { policy = policy.ToString() }, cancel);

    /// <summary>Adds to each status what its entry says; entries may be negative.</summary>
    public static async Task AddAsync(CatalogTransaction tx, PolicyId policy, IEnumerable<KeyValuePair<BackupTaskStatus, long>> changes, CancellationToken cancel)
    {
        foreach (var (status, change) in changes.Where(c => c.Value != 0).OrderBy(c => c.Key))
        {
            await tx.ExecuteAsync(AddSql, new { policy = policy.ToString(), status = (int)status, change }, cancel);
        }
    }

    public static Task MoveAsync(CatalogTransaction tx, PolicyId policy, BackupTaskStatus from, BackupTaskStatus to, long tasks, CancellationToken cancel) =>
        AddAsync(tx, policy, [new(from, -tasks), new(to, tasks)], cancel);
}
