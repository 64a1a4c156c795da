using System.Security.Cryptography;
using Holdfast.Control.Catalog;
using Holdfast.Control.Users;
using Holdfast.Engine;

namespace Holdfast.Control.Notifications;

/// <summary>Who is told. A webhook's secret is needed in the clear to sign with, so it is kept sealed, as that of an access key
/// is.</summary>
public sealed class NotifyTargets(
    CatalogDatabase database,
    Repository repository,
    NotificationSettings settings,
    TimeProvider clock
)
{
    /// <summary>Targets that a project may have.</summary>
    public const int MostOfProject = 32;

    private const int SecretLength = 40;
    private const string SecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string Columns =
        "t.id AS Id, t.project_id AS Project, t.name AS Name, t.kind AS Kind, t.address AS Address, t.created_at AS CreatedAt";
    private const string FindSql =
        $"SELECT {Columns}, t.secret AS Secret FROM notify_target t WHERE t.project_id = @project AND t.id = @id";
    private const string ListSql = $"SELECT {Columns} FROM notify_target t WHERE t.project_id = @project ORDER BY t.name, t.id";
    private const string HoldProjectSql = "SELECT id FROM project WHERE id = @project";
    private const string InsertSql = """
        INSERT INTO notify_target (id, project_id, name, kind, address, secret, created_at)
        VALUES (@id, @project, @name, @kind, @address, @secret, @now)
        """;
    private const string UpdateSql =
        "UPDATE notify_target SET name = @name, address = @address, secret = @secret WHERE id = @id AND project_id = @project";
    private const string RemoveSql = "DELETE FROM notify_target WHERE id = @id AND project_id = @project";

    /// <summary>What nobody is left to be told of: it is told anew to whoever comes.</summary>
    private const string ForgetSql = """
        DELETE FROM notify_incident
        WHERE project_id = @project AND NOT EXISTS (SELECT 1 FROM notify_target t WHERE t.project_id = @project)
        """;

    private readonly SealedText _seal = new(repository.DeriveServiceKey("notification secrets"));

    public async Task<IReadOnlyList<NotifyTarget>> ListAsync(ProjectId project, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, new { project = project.Value }, cancel)).Select(row => row.ToTarget())];

    public async Task<NotifyTarget?> FindAsync(ProjectId project, NotifyTargetId id, CancellationToken cancel) =>
        (await FindRowAsync(project, id, cancel))?.ToTarget();

    /// <summary>Makes a target. One without a rule is told what is usual.</summary>
    public async Task<NotifyOutcome<NotifyTarget>> CreateAsync(ProjectId project, NotifyTargetDraft draft, CancellationToken cancel)
    {
        if (draft.Name is null || draft.Address is null || TroubleOf(draft) is not null)
        {
            return new NotifyOutcome<NotifyTarget>.Refused(TroubleOf(draft) ?? "a target needs a name and an address");
        }

        var target = new NotifyTarget(NotifyTargetId.New(clock), project, draft.Name, draft.Kind, draft.Address, clock.GetUtcNow());
        var made = draft is { Kind: NotifyKind.Webhook, Secret: null }
            ? RandomNumberGenerator.GetString(SecretAlphabet, SecretLength)
            : null;
        await using var tx = await database.BeginAsync(cancel);
        var all = await HoldAsync(tx, project, cancel);
        if (ConflictOf(all, target) is { } conflict)
        {
            return conflict;
        }

        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id = target.Id.ToString(),
                project = project.Value,
                name = target.Name,
                kind = (int)target.Kind,
                address = target.Address,
                secret = (draft.Secret ?? made) is { } secret ? _seal.Close(target.Id.ToString(), secret) : null,
                now = target.CreatedAt.ToUnixTimeMilliseconds(),
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return new NotifyOutcome<NotifyTarget>.Done(target, made);
    }

    /// <summary>Changes what is given. What waits for the target goes to its new address.</summary>
    public async Task<NotifyOutcome<NotifyTarget>> UpdateAsync(
        ProjectId project,
        NotifyTargetId id,
        NotifyTargetDraft change,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        var all = await HoldAsync(tx, project, cancel);
        if (await tx.FindAsync<Row>(FindSql, new { project = project.Value, id = id.ToString() }, cancel) is not { } row)
        {
            return new NotifyOutcome<NotifyTarget>.NotThere();
        }

        var draft = change with { Kind = (NotifyKind)row.Kind };
        if (TroubleOf(draft) is { } trouble)
        {
            return new NotifyOutcome<NotifyTarget>.Refused(trouble);
        }

        var target = row.ToTarget() with { Name = draft.Name ?? row.Name, Address = draft.Address ?? row.Address };
        if (ConflictOf(all, target) is { } conflict)
        {
            return conflict;
        }

        await tx.ExecuteAsync(
            UpdateSql,
            new
            {
                id = id.ToString(),
                project = project.Value,
                name = target.Name,
                address = target.Address,
                secret = draft.Secret is { } secret ? _seal.Close(id.ToString(), secret) : row.Secret,
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return new NotifyOutcome<NotifyTarget>.Done(target);
    }

    /// <summary>Removes a target with its rules and messages. False when there is none.</summary>
    public async Task<bool> RemoveAsync(ProjectId project, NotifyTargetId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.Notify, cancel);
        var removed = await tx.ExecuteAsync(RemoveSql, new { project = project.Value, id = id.ToString() }, cancel);
        await tx.ExecuteAsync(ForgetSql, new { project = project.Value }, cancel);
        await tx.CommitAsync(cancel);
        return removed > 0;
    }

    /// <summary>The target and what it signs with.</summary>
    /// <returns>Null when it is gone. The secret is null of mail, and where it cannot be opened.</returns>
    internal async Task<(NotifyTarget Target, string? Secret)?> FindSecretAsync(
        ProjectId project,
        NotifyTargetId id,
        CancellationToken cancel
    ) =>
        await FindRowAsync(project, id, cancel) is { } row
            ? (row.ToTarget(), row.Secret is null ? null : _seal.Open(row.Id, row.Secret))
            : null;

    private Task<Row?> FindRowAsync(ProjectId project, NotifyTargetId id, CancellationToken cancel) =>
        database.ReadFirstAsync<Row>(FindSql, new { project = project.Value, id = id.ToString() }, cancel);

    /// <summary>The project's targets, which nobody else makes or renames meanwhile.</summary>
    private static async Task<IReadOnlyList<NotifyTarget>> HoldAsync(CatalogTransaction tx, ProjectId project, CancellationToken cancel)
    {
        await tx.QueryAsync<string>($"{HoldProjectSql} {tx.Dialect.RowLock}", new { project = project.Value }, cancel);
        return [.. (await tx.QueryAsync<Row>(ListSql, new { project = project.Value }, cancel)).Select(row => row.ToTarget())];
    }

    private static NotifyOutcome<NotifyTarget>.Conflict? ConflictOf(IReadOnlyList<NotifyTarget> all, NotifyTarget target) =>
        all.Any(one => one.Name == target.Name && one.Id != target.Id)
            ? new($"there is a target '{target.Name}' already")
        : all.Count >= MostOfProject && all.All(one => one.Id != target.Id)
            ? new($"the project has {MostOfProject} targets, and may have no more")
        : null;

    private string? TroubleOf(NotifyTargetDraft draft) =>
        draft switch
        {
            { Name: { } name } when NameRule.TroubleOf(name, TargetRules.MostName) is { } wrong => wrong,
            { Kind: NotifyKind.Webhook, Address: { } url } when TargetRules.TroubleOfUrl(url) is { } wrong => $"'url' {wrong}",
            { Kind: NotifyKind.Email, Address: { } mail } when TargetRules.TroubleOfRecipients(mail) is { } wrong =>
                $"'recipients' {wrong}",
            { Kind: NotifyKind.Email, Secret: not null } => "mail is not signed: leave 'secret' out",
            { Secret: { } secret } when TargetRules.TroubleOfSecret(secret) is { } wrong => $"'secret' {wrong}",
            { Kind: NotifyKind.Email } when settings.Smtp is null =>
                "no mail server is set: an operator gives the service Notifications:Smtp:Host and Notifications:Smtp:From",
            _ => null,
        };

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Project { get; set; } = "";

        public string Name { get; set; } = "";

        public int Kind { get; set; }

        public string Address { get; set; } = "";

        public string? Secret { get; set; }

        public DateTimeOffset CreatedAt { get; set; }

        public NotifyTarget ToTarget() =>
            new(NotifyTargetId.Parse(Id, null), new ProjectId(Project), Name, (NotifyKind)Kind, Address, CreatedAt);
    }
}
