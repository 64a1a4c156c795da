using Holdfast.Control.Catalog;

namespace Holdfast.Control.Audit;

/// <summary>Which events are listed.</summary>
public sealed record AuditQuery
{
    /// <summary>Only those with smaller numbers; null for all.</summary>
    public long? Before { get; init; }

    /// <summary>Only those with greater numbers; null for all.</summary>
    public long? After { get; init; }

    /// <summary>Id or name; null for anybody.</summary>
    public string? Actor { get; init; }

    /// <summary>A part of the action, letter for letter; null for any.</summary>
    public string? Action { get; init; }

    /// <summary>Id; null for any.</summary>
    public string? Project { get; init; }

    public required int Limit { get; init; }
}

/// <summary>The audit log: who changed what, in one chain of rows, however many processes write it. See
/// docs/decisions/0033-the-audit-log.md.</summary>
public sealed class AuditStore(CatalogDatabase database, TimeProvider clock)
{
    private const string TakeSql = "UPDATE audit_head SET number = number + 1 WHERE one = 1 RETURNING number AS Number, hash AS Hash";
    private const string HeadSql = "SELECT number AS Number, hash AS Hash FROM audit_head WHERE one = 1";
    private const string HashSql = "SELECT hash FROM audit_event WHERE number = @number";
    private const string InsertSql = """
        INSERT INTO audit_event (number, at, kind, began, actor_id, actor_name, source, project_id, action, object, status, code, details,
          previous, hash)
        VALUES (@number, @at, @kind, @began, @actorId, @actorName, @source, @project, @action, @what, @status, @code, @details, @previous,
          @hash)
        """;
    private const string SetHeadSql = "UPDATE audit_head SET hash = @hash WHERE one = 1";
    internal const string Columns =
        "a.number AS Number, a.at AS At, a.kind AS Kind, a.began AS Began, a.actor_id AS ActorId, a.actor_name AS ActorName, "
        + "a.source AS Source, a.project_id AS Project, a.action AS Action, a.object AS What, a.status AS Status, a.code AS Code, "
        + "a.details AS Details, a.previous AS Previous, a.hash AS Hash";

    /// <summary>Adds events in a transaction of their own.</summary>
    /// <returns>The number of the last.</returns>
    public async Task<long> AddAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var number = 0L;
        foreach (var told in events)
        {
            number = await AddAsync(tx, told, clock.GetUtcNow(), cancel);
        }

        await tx.CommitAsync(cancel);
        return number;
    }

    /// <summary>Adds an event in the transaction of what it tells. It comes last there: until the transaction ends nobody else, in whatever
    /// process, adds one, so who holds that must wait for nothing more.</summary>
    internal static async Task<long> AddAsync(CatalogTransaction tx, AuditEvent given, DateTimeOffset at, CancellationToken cancel)
    {
        var told = given.Plain();
        var head =
            await tx.FindAsync<HeadRow>(TakeSql, null, cancel)
            ?? throw new InvalidOperationException("The audit log has no head: somebody has removed the row of audit_head.");
        at = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
        var hash = AuditRow.HashOf(head.Number, at, told, head.Hash);
        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                number = head.Number,
                at = at.ToUnixTimeMilliseconds(),
                kind = (int)told.Kind,
                began = told.Began,
                actorId = told.ActorId,
                actorName = told.ActorName,
                source = told.Source,
                project = told.Project,
                action = told.Action,
                what = told.Target,
                status = told.Status,
                code = told.Code,
                details = told.Details,
                previous = head.Hash,
                hash,
            },
            cancel
        );
        await tx.ExecuteAsync(SetHeadSql, new { hash }, cancel);
        return head.Number;
    }

    /// <summary>Events, the newest first. What was begun and has ended is told by its end alone.</summary>
    public async Task<IReadOnlyList<AuditRow>> ListAsync(AuditQuery query, CancellationToken cancel)
    {
        string?[] conditions =
        [
            "NOT (a.kind = 1 AND EXISTS (SELECT 1 FROM audit_event e WHERE e.began = a.number))",
            query.Before is null ? null : "a.number < @before",
            query.After is null ? null : "a.number > @after",
            query.Actor is null ? null : "(a.actor_name = @actor OR a.actor_id = @actor)",
            query.Action is null ? null : database.Dialect.Contains("a.action", "@action"),
            query.Project is null ? null : "a.project_id = @project",
        ];
        var rows = await database.ReadAllAsync<Row>(
            $"SELECT {Columns} FROM audit_event a WHERE {string.Join(" AND ", conditions.Where(one => one is not null))} "
                + "ORDER BY a.number DESC LIMIT @limit",
            new
            {
                before = query.Before,
                after = query.After,
                actor = query.Actor,
                action = query.Action,
                project = query.Project,
                limit = query.Limit,
            },
            cancel
        );
        return [.. rows.Select(row => row.ToRow())];
    }

    /// <summary>The last event as it is within a transaction; null where somebody has removed even that.</summary>
    internal static async Task<AuditHead?> FindHeadAsync(CatalogTransaction tx, CancellationToken cancel) =>
        await tx.FindAsync<HeadRow>(HeadSql, null, cancel) is { } head ? new AuditHead(head.Number, head.Hash) : null;

    /// <summary>Whether the log has an event that was the last once, as it was. Nothing is ever taken out of it.</summary>
    internal static async Task<bool> HoldsAsync(CatalogTransaction tx, AuditHead was, CancellationToken cancel) =>
        was.Number == 0 || await tx.FindAsync<string>(HashSql, new { number = was.Number }, cancel) == was.Hash;

    internal sealed class HeadRow
    {
        public long Number { get; set; }

        public string Hash { get; set; } = "";
    }

    internal sealed class Row
    {
        public long Number { get; set; }

        public DateTimeOffset At { get; set; }

        public long Kind { get; set; }

        public long? Began { get; set; }

        public string? ActorId { get; set; }

        public string ActorName { get; set; } = "";

        public string? Source { get; set; }

        public string? Project { get; set; }

        public string Action { get; set; } = "";

        public string? What { get; set; }

        public long? Status { get; set; }

        public string? Code { get; set; }

        public string? Details { get; set; }

        public string Previous { get; set; } = "";

        public string Hash { get; set; } = "";

        public AuditRow ToRow() =>
            new(
                Number,
                At,
                new AuditEvent
                {
                    Kind = (AuditKind)Kind,
                    Began = Began,
                    ActorId = ActorId,
                    ActorName = ActorName,
                    Source = Source,
                    Project = Project,
                    Action = Action,
                    Target = What,
                    Status = (int?)Status,
                    Code = Code,
                    Details = Details,
                },
                Previous,
                Hash
            );
    }
}
