using Holdfast.Control.Catalog;
using Holdfast.Control.Policies;

namespace Holdfast.Control.Scheduling;

/// <summary>Days in UTC on which turns of a policy were due and did not come, as it is found out when they are late: a day a policy, where
/// the turns themselves may be too many to be written down.</summary>
internal static class MissedDays
{
    /// <summary>So many days are written down at once at most, the newest.</summary>
    public const int Most = 100;

    private const long DayMs = 86_400_000;

    private const string AddSql = """
        INSERT INTO missed_day (project_id, policy_id, day, volumes)
        SELECT @project, @policy, @day, count(*) FROM policy_volume v WHERE v.policy_id = @policy AND v.added_at <= @slot
        ON CONFLICT (project_id, policy_id, day) DO UPDATE
        SET volumes = CASE WHEN excluded.volumes > missed_day.volumes THEN excluded.volumes ELSE missed_day.volumes END
        """;

    private const string ForgetSql = "DELETE FROM missed_day WHERE policy_id = @policy AND day >= @day";

    public static int Of(DateTimeOffset slot) => (int)(slot.ToUnixTimeMilliseconds() / DayMs);

    /// <param name="slots">One a day. Volumes that came into the policy later than a slot had no turn then.</param>
    public static async Task AddAsync(CatalogTransaction tx, Policy policy, IEnumerable<DateTimeOffset> slots, CancellationToken cancel)
    {
        foreach (var slot in slots)
        {
            await tx.ExecuteAsync(
                AddSql,
                new
                {
                    project = policy.Project.Value,
                    policy = policy.Id.ToString(),
                    day = Of(slot),
                    slot = slot.ToUnixTimeMilliseconds(),
                },
                cancel
            );
        }
    }

    /// <summary>The clock was ahead: today and later nothing has been missed that does not come again.</summary>
    public static Task ForgetAsync(CatalogTransaction tx, PolicyId policy, DateTimeOffset now, CancellationToken cancel) =>
        tx.ExecuteAsync(ForgetSql, new { policy = policy.ToString(), day = Of(now) }, cancel);
}
