using System.Security.Cryptography;
using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;

namespace Holdfast.Control.Notifications;

/// <summary>Messages that wait, and what came of those that did. A message is written with what it tells, in one transaction, so that no
/// crash loses it; it is claimed before it is sent, so that no two processes send it at once. One that was sent by a process that died
/// before it wrote that down is sent again, under the same id.</summary>
public sealed class NotifyDeliveries(CatalogDatabase database, TimeProvider clock)
{
    /// <summary>Attempts until a message is given up: about a day, by <see cref="DelayAfter"/>.</summary>
    public const int MostAttempts = 14;

    /// <summary>How long messages that have ended are kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>Longer than any attempt may take.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    /// <summary>How far clocks of servers may differ. A time that lies further ahead was written when a clock was wrong.</summary>
    internal static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(4);

    private const string InsertSql = """
        INSERT INTO notify_delivery (id, number, project_id, target_id, event, severity, what, payload, state, attempts, created_at,
          tried_at, next_try_at, ended_at, last_status, last_answer)
        VALUES (@id, (SELECT coalesce(max(number), 0) + 1 FROM notify_delivery), @project, @target, @event, @severity, @what, @payload,
          @state, @attempts, @now, @now, @now, @ended, @status, @answer)
        """;
    private const string TargetSql = "SELECT id FROM notify_target WHERE id = @target";
    private const string HeldBy = "id = @id AND state = 1 AND lease_owner = @owner";
    private const string EndSql = $"""
        UPDATE notify_delivery SET state = @state, ended_at = @now, lease_owner = NULL, lease_until = NULL, last_status = @status,
          last_answer = @answer
        WHERE {HeldBy}
        """;
    private const string RetrySql = $"""
        UPDATE notify_delivery SET next_try_at = @next, lease_owner = NULL, lease_until = NULL, last_status = @status,
          last_answer = @answer
        WHERE {HeldBy}
        """;
    private const string ReleaseSql =
        $"UPDATE notify_delivery SET attempts = attempts - 1, lease_owner = NULL, lease_until = NULL WHERE {HeldBy}";
    private const string ListSql = """
        SELECT d.id AS Id, d.target_id AS Target, t.name AS TargetName, d.event AS Event, d.severity AS Severity, d.what AS What,
          d.state AS State, d.attempts AS Attempts, d.created_at AS CreatedAt, d.next_try_at AS NextTryAt, d.ended_at AS EndedAt,
          d.last_status AS LastStatus, d.last_answer AS LastAnswer
        FROM notify_delivery d JOIN notify_target t ON t.id = d.target_id
        WHERE d.project_id = @project
        """;
    private const string GivenUpSql =
        "SELECT count(*) FROM notify_delivery WHERE project_id = @project AND state = 3 AND event <> 12 AND ended_at >= @since";
    private const string RemoveSql = "DELETE FROM notify_delivery WHERE state >= 2 AND ended_at < @before";

    /// <summary>Times that lie too far ahead count as past: a clock that was set back keeps no message waiting.</summary>
    private readonly string _claimSql = $"""
        UPDATE notify_delivery SET attempts = attempts + 1, tried_at = @now, lease_owner = @owner, lease_until = @until
        WHERE state = 1 AND id = (
          SELECT d.id FROM notify_delivery d
          WHERE d.state = 1 AND (d.lease_until IS NULL OR d.lease_until <= @now OR d.lease_until > @latest)
            AND (d.next_try_at <= @now OR d.tried_at > @ahead)
          ORDER BY d.next_try_at, d.number LIMIT 1 {database.Dialect.SkipLocked})
        RETURNING id AS Id, project_id AS Project, target_id AS Target, event AS Event, payload AS Payload, attempts AS Attempts
        """;

    /// <summary>Woken when this process wrote messages, after the transaction that did.</summary>
    public WakeSignal Waiting { get; } = new();

    /// <summary>The project's messages, the last ones first.</summary>
    /// <param name="target">Null for all.</param>
    /// <param name="most">How many at most.</param>
    public async Task<IReadOnlyList<NotifyDelivery>> ListAsync(
        ProjectId project,
        NotifyTargetId? target,
        int most,
        CancellationToken cancel
    ) =>
        [
            .. (
                await database.ReadAllAsync<Row>(
                    $"{ListSql}{(target is null ? "" : " AND d.target_id = @target")} ORDER BY d.number DESC, d.id DESC LIMIT @most",
                    new
                    {
                        project = project.Value,
                        target = target?.ToString(),
                        most,
                    },
                    cancel
                )
            ).Select(row => row.ToDelivery()),
        ];

    /// <summary>How long a message waits after its n-th attempt: half a minute, doubled each time, up to four hours, and a fifth more or
    /// less, so that many do not come at once.</summary>
    internal static TimeSpan DelayAfter(int attempt)
    {
        var plain = Math.Min(30 * Math.Pow(2, attempt - 1), LongestDelay.TotalSeconds);
        return TimeSpan.FromMilliseconds(plain * RandomNumberGenerator.GetInt32(800, 1201));
    }

    /// <summary>Writes a message down for each target. Call <see cref="WakeSignal.Wake"/> of <see cref="Waiting"/> once the transaction is
    /// done.</summary>
    internal async Task AddAsync(
        CatalogTransaction tx,
        IEnumerable<NotifyTargetId> targets,
        NotifyEvent one,
        NotifyMessage message,
        CancellationToken cancel
    )
    {
        foreach (var target in targets)
        {
            await InsertAsync(tx, NotifyDeliveryId.New(clock), target, one, message, result: null, cancel);
        }
    }

    /// <summary>Writes down a message that was sent already, or could not be. Where its target was removed meanwhile there is nothing to
    /// write it to.</summary>
    internal async Task AddEndedAsync(
        NotifyDeliveryId id,
        NotifyTargetId target,
        NotifyEvent one,
        NotifyMessage message,
        SendResult result,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);

        // Numbers are given by one at a time.
        await tx.TakeTurnAsync(CatalogTurn.Notify, cancel);
        if (await tx.FindAsync<string>($"{TargetSql} {tx.Dialect.RowLock}", new { target = target.ToString() }, cancel) is not null)
        {
            await InsertAsync(tx, id, target, one, message, result, cancel);
            await tx.CommitAsync(cancel);
        }
    }

    /// <summary>The message that is due for longest, of all projects; null for none.</summary>
    internal async Task<ClaimedDelivery?> ClaimAsync(string owner, DateTimeOffset now, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var row = await tx.FindAsync<Claimed>(
            _claimSql,
            new
            {
                owner,
                now = now.ToUnixTimeMilliseconds(),
                until = (now + Lease).ToUnixTimeMilliseconds(),
                latest = (now + Lease + Tolerance).ToUnixTimeMilliseconds(),
                ahead = (now + Tolerance).ToUnixTimeMilliseconds(),
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return row is null
            ? null
            : new(
                NotifyDeliveryId.Parse(row.Id, null),
                new ProjectId(row.Project),
                NotifyTargetId.Parse(row.Target, null),
                (NotifyEvent)row.Event,
                row.Payload,
                row.Attempts,
                owner
            );
    }

    /// <summary>Writes down what came of an attempt. Nothing is changed where another has claimed the message since.</summary>
    internal async Task EndAttemptAsync(ClaimedDelivery claimed, SendResult result, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var isOver = result.IsDelivered || claimed.Attempts >= MostAttempts;
        await WriteAsync(
            isOver ? EndSql : RetrySql,
            new
            {
                id = claimed.Id.ToString(),
                owner = claimed.Owner,
                state = (int)(result.IsDelivered ? NotifyState.Delivered : NotifyState.GivenUp),
                now = now.ToUnixTimeMilliseconds(),
                next = (now + DelayAfter(claimed.Attempts)).ToUnixTimeMilliseconds(),
                status = result.Status,
                answer = result.Answer,
            },
            cancel
        );
    }

    /// <summary>Gives a claimed message back, at a stop: the attempt does not count.</summary>
    internal Task ReleaseAsync(ClaimedDelivery claimed, CancellationToken cancel) =>
        WriteAsync(ReleaseSql, new { id = claimed.Id.ToString(), owner = claimed.Owner }, cancel);

    internal static async Task<long> CountGivenUpAsync(
        CatalogTransaction tx,
        ProjectId project,
        DateTimeOffset since,
        CancellationToken cancel
    ) =>
        await tx.FindAsync<long>(GivenUpSql, new { project = project.Value, since = since.ToUnixTimeMilliseconds() }, cancel);

    /// <summary>Removes what ended before a moment.</summary>
    internal static Task RemoveAsync(CatalogTransaction tx, DateTimeOffset before, CancellationToken cancel) =>
        tx.ExecuteAsync(RemoveSql, new { before = before.ToUnixTimeMilliseconds() }, cancel);

    private async Task InsertAsync(
        CatalogTransaction tx,
        NotifyDeliveryId id,
        NotifyTargetId target,
        NotifyEvent one,
        NotifyMessage message,
        SendResult? result,
        CancellationToken cancel
    )
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id = id.ToString(),
                project = message.Project.Id,
                target = target.ToString(),
                @event = (int)one,
                severity = (int)(NotifyNames.SeverityOf(message.Severity) ?? NotifySeverity.Error),
                what = message.What,
                payload = message.ToJson(),
                state = (int)(
                    result is null ? NotifyState.Waiting
                    : result.IsDelivered ? NotifyState.Delivered
                    : NotifyState.GivenUp
                ),
                attempts = result is null ? 0 : 1,
                now,
                ended = result is null ? (long?)null : now,
                status = result?.Status,
                answer = result?.Answer,
            },
            cancel
        );
    }

    private async Task WriteAsync(string sql, object parameters, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(sql, parameters, cancel);
        await tx.CommitAsync(cancel);
    }

    private sealed class Claimed
    {
        public string Id { get; set; } = "";

        public string Project { get; set; } = "";

        public string Target { get; set; } = "";

        public int Event { get; set; }

        public string Payload { get; set; } = "";

        public int Attempts { get; set; }
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Target { get; set; } = "";

        public string TargetName { get; set; } = "";

        public int Event { get; set; }

        public int Severity { get; set; }

        public string What { get; set; } = "";

        public int State { get; set; }

        public int Attempts { get; set; }

        public DateTimeOffset CreatedAt { get; set; }

        public DateTimeOffset NextTryAt { get; set; }

        public DateTimeOffset? EndedAt { get; set; }

        public int? LastStatus { get; set; }

        public string? LastAnswer { get; set; }

        public NotifyDelivery ToDelivery() =>
            new(
                NotifyDeliveryId.Parse(Id, null),
                NotifyTargetId.Parse(Target, null),
                TargetName,
                (NotifyEvent)Event,
                (NotifySeverity)Severity,
                What,
                (NotifyState)State,
                Attempts,
                CreatedAt,
                State == (int)NotifyState.Waiting ? NextTryAt : null,
                EndedAt,
                LastStatus,
                LastAnswer
            );
    }
}
