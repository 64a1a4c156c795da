using Holdfast.Control.Catalog;

namespace Holdfast.Control.Scheduling;

/// <summary>The newest slot that each policy was fired for or that was recorded as missed. It only grows,
/// but where a clock that was ahead is taken back.</summary>
internal static class FiringRecords
{
    private const string LastSql = "SELECT last_slot_at FROM policy_firing WHERE policy_id = @policy";

    private const string TakeBackSql = "UPDATE policy_firing SET last_slot_at = @now WHERE policy_id = @policy AND last_slot_at > @now";

    private const string SetSql = """
        INSERT INTO policy_firing (policy_id, last_slot_at) VALUES (@policy, @slot)
        ON CONFLICT (policy_id) DO UPDATE SET last_slot_at = excluded.last_slot_at WHERE policy_firing.last_slot_at < excluded.last_slot_at
        """;

    public static async Task<DateTimeOffset?> LastSlotAsync(CatalogTransaction tx, PolicyId policy, CancellationToken cancel) =>
        await tx.FindAsync<long?>(LastSql, new { policy = policy.ToString() }, cancel) is { } ms
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : null;

    public static Task TakeBackAsync(CatalogTransaction tx, PolicyId policy, DateTimeOffset now, CancellationToken cancel) =>
        tx.ExecuteAsync(TakeBackSql, new { policy = policy.ToString(), now = now.ToUnixTimeMilliseconds() }, cancel);

    public static Task SetLastSlotAsync(CatalogTransaction tx, PolicyId policy, DateTimeOffset slot, CancellationToken cancel) =>
        tx.ExecuteAsync(SetSql, new { policy = policy.ToString(), slot = slot.ToUnixTimeMilliseconds() }, cancel);
}
