using System.Globalization;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Notifications;

/// <summary>What targets are told.</summary>
public sealed class NotifyRules(CatalogDatabase database, TimeProvider clock)
{
    /// <summary>Rules that a project may have.</summary>
    public const int MostOfProject = 128;

    private const string Columns =
        "r.id AS Id, r.project_id AS Project, r.target_id AS Target, r.events AS Events, r.least_severity AS Least, "
        + "r.created_at AS CreatedAt";
    private const string ListSql = $"SELECT {Columns} FROM notify_rule r WHERE r.project_id = @project ORDER BY r.created_at, r.id";
    private const string FindSql = $"SELECT {Columns} FROM notify_rule r WHERE r.project_id = @project AND r.id = @id";
    private const string HoldTargetSql = "SELECT id FROM notify_target WHERE project_id = @project AND id = @target";
    private const string HoldProjectSql = "SELECT id FROM project WHERE id = @project";
    private const string CountSql = "SELECT count(*) FROM notify_rule WHERE project_id = @project";
    private const string InsertSql = """
        INSERT INTO notify_rule (id, project_id, target_id, events, least_severity, created_at)
        VALUES (@id, @project, @target, @events, @least, @now)
        """;
    private const string UpdateSql =
        "UPDATE notify_rule SET target_id = @target, events = @events, least_severity = @least WHERE id = @id AND project_id = @project";
    private const string RemoveSql = "DELETE FROM notify_rule WHERE id = @id AND project_id = @project";

    public async Task<IReadOnlyList<NotifyRule>> ListAsync(ProjectId project, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, new { project = project.Value }, cancel)).Select(row => row.ToRule())];

    public async Task<NotifyRule?> FindAsync(ProjectId project, NotifyRuleId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<Row>(FindSql, new { project = project.Value, id = id.ToString() }, cancel))?.ToRule();

    /// <summary>Makes a rule. From then on its target is told what its rules say, and no more what is usual.</summary>
    /// <param name="events">Null for the usual ones; not empty.</param>
    public Task<NotifyOutcome<NotifyRule>> CreateAsync(
        ProjectId project,
        NotifyTargetId target,
        IReadOnlyList<NotifyEvent>? events,
        NotifySeverity least,
        CancellationToken cancel
    ) => WriteAsync(InsertSql, new NotifyRule(NotifyRuleId.New(clock), project, target, events, least, clock.GetUtcNow()), true, cancel);

    /// <summary>Puts all of a rule anew.</summary>
    public async Task<NotifyOutcome<NotifyRule>> UpdateAsync(NotifyRule rule, CancellationToken cancel) =>
        await WriteAsync(UpdateSql, rule, false, cancel);

    /// <summary>False when there is none.</summary>
    public async Task<bool> RemoveAsync(ProjectId project, NotifyRuleId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var removed = await tx.ExecuteAsync(RemoveSql, new { project = project.Value, id = id.ToString() }, cancel);
        await tx.CommitAsync(cancel);
        return removed > 0;
    }

    internal static async Task<IReadOnlyList<NotifyRule>> ListAsync(CatalogTransaction tx, ProjectId project, CancellationToken cancel) =>
        [.. (await tx.QueryAsync<Row>(ListSql, new { project = project.Value }, cancel)).Select(row => row.ToRule())];

    private async Task<NotifyOutcome<NotifyRule>> WriteAsync(string sql, NotifyRule rule, bool isNew, CancellationToken cancel)
    {
        var parameters = new
        {
            id = rule.Id.ToString(),
            project = rule.Project.Value,
            target = rule.Target.ToString(),
            events = rule.Events is null ? null : string.Join(',', rule.Events.Distinct().Order().Select(one => one.ToString("D"))),
            least = (int)rule.Least,
            now = rule.CreatedAt.ToUnixTimeMilliseconds(),
        };
        await using var tx = await database.BeginAsync(cancel);
        await tx.QueryAsync<string>($"{HoldProjectSql} {tx.Dialect.RowLock}", parameters, cancel);
        if (await tx.FindAsync<string>($"{HoldTargetSql} {tx.Dialect.ShareLock}", parameters, cancel) is null)
        {
            return new NotifyOutcome<NotifyRule>.NotThere();
        }

        if (isNew && await tx.FindAsync<long>(CountSql, parameters, cancel) >= MostOfProject)
        {
            return new NotifyOutcome<NotifyRule>.Conflict($"the project has {MostOfProject} rules, and may have no more");
        }

        if (await tx.ExecuteAsync(sql, parameters, cancel) == 0)
        {
            return new NotifyOutcome<NotifyRule>.NotThere();
        }

        await tx.CommitAsync(cancel);
        return new NotifyOutcome<NotifyRule>.Done(rule);
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Project { get; set; } = "";

        public string Target { get; set; } = "";

        public string? Events { get; set; }

        public int Least { get; set; }

        public DateTimeOffset CreatedAt { get; set; }

        /// <summary>An event of a newer version is passed over: this one never tells it.</summary>
        public NotifyRule ToRule() =>
            new(
                NotifyRuleId.Parse(Id, null),
                new ProjectId(Project),
                NotifyTargetId.Parse(Target, null),
                Events?.Split(',').Select(one => (NotifyEvent)int.Parse(one, CultureInfo.InvariantCulture)).ToList(),
                (NotifySeverity)Least,
                CreatedAt
            );
    }
}
