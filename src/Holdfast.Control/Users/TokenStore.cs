using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;

namespace Holdfast.Control.Users;

/// <summary>A right to call, with an end. <paramref name="Project"/> is null for a token without scope, which then has no roles, and for
/// one whose scope is the domain, which has the roles that its account has in any project.</summary>
public sealed record Token(Account Account, Project? Project, IReadOnlyList<Role> Roles, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, bool IsDomain = false);

/// <summary>
/// Tokens: 32 random bytes, of which the catalog keeps only the SHA-256. Every call passes <see cref="FindAsync"/>, so answers are remembered for
/// a few seconds; in another process a revocation is seen when that time is over.
/// </summary>
public sealed class TokenStore(CatalogDatabase database, TimeProvider clock) : ITokenSource
{
    /// <summary>How long a token lives.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const string Prefix = "hft_";
    private const int MostRemembered = 10_000;
    private const string InsertSql = "INSERT INTO token (digest, account_id, project_id, domain, issued_at, expires_at) VALUES (@digest, @account, @project, @domain, @issued, @expires)";
    private const string RemoveSql = "DELETE FROM token WHERE digest = @digest";
    private const string RemoveExpiredSql = "DELETE FROM token WHERE expires_at <= @now";
    private const string RolesSql = "SELECT role FROM account_role WHERE account_id = @account AND project_id = @project ORDER BY role";
    private const string FindSql = """
        SELECT a.id AS AccountId, a.name AS AccountName, p.id AS ProjectId, p.name AS ProjectName, t.domain AS Domain, t.issued_at AS IssuedAt, t.expires_at AS ExpiresAt
        FROM token t JOIN account a ON a.id = t.account_id LEFT JOIN project p ON p.id = t.project_id
        WHERE t.digest = @digest AND t.expires_at > @now AND a.enabled = 1 AND (p.id IS NULL OR p.enabled = 1)
        """;

    private const string RolesAnywhereSql = "SELECT DISTINCT r.role FROM account_role r JOIN project p ON p.id = r.project_id WHERE r.account_id = @account AND p.enabled = 1 ORDER BY r.role";

    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(5);

    private readonly RecentTokens _recent = new(RememberedFor, MostRemembered);

    /// <summary>Issues a token. One that is made from another ends no later than that: <paramref name="notAfter"/>.</summary>
    public Task<(string Secret, Token Token)> IssueAsync(Account account, Project? project, DateTimeOffset? notAfter, CancellationToken cancel) => IssueAsync(account, project, isDomain: false, notAfter, cancel);

    /// <summary>As the other, with the domain as its scope.</summary>
    public Task<(string Secret, Token Token)> IssueForDomainAsync(Account account, DateTimeOffset? notAfter, CancellationToken cancel) => IssueAsync(account, null, isDomain: true, notAfter, cancel);

    /// <summary>Reads every token anew from now on: what somebody may do has changed.</summary>
    public void ForgetRecent() => _recent.ForgetAll();

    private async Task<(string Secret, Token Token)> IssueAsync(Account account, Project? project, bool isDomain, DateTimeOffset? notAfter, CancellationToken cancel)
    {
        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = clock.GetUtcNow();
        var expires = notAfter < now + Lifetime ? notAfter.Value : now + Lifetime;
        await using (var tx = await database.BeginAsync(cancel))
        {
            await tx.ExecuteAsync(
                InsertSql,
                new { digest = Digest(secret), account = account.Id.Value, project = project?.Id.Value, domain = isDomain ? 1 : 0, issued = now.ToUnixTimeMilliseconds(), expires = expires.ToUnixTimeMilliseconds() },
                cancel);
            await tx.CommitAsync(cancel);
        }

        return (secret, await FindAsync(secret, cancel) ?? throw new InvalidOperationException("A token vanished as it was issued."));
    }

    /// <summary>The token, or null when it is unknown, expired or revoked, or its account or project is disabled.</summary>
    public ValueTask<Token?> FindAsync(string secret, CancellationToken cancel)
    {
        var (digest, now) = (Digest(secret), clock.GetUtcNow());
        return _recent.Find(digest, now) is { } known ? ValueTask.FromResult<Token?>(known) : new ValueTask<Token?>(ReadAsync(digest, now, cancel));
    }

    /// <summary>Ends a token. Once this returns, no call of this process finds it; another process may for the few seconds that it remembers it.</summary>
    public async Task RevokeAsync(string secret, CancellationToken cancel)
    {
        var digest = Digest(secret);
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(RemoveSql, new { digest }, cancel);
        await tx.CommitAsync(cancel);
        _recent.Forget(digest);
    }

    public async Task<int> RemoveExpiredAsync(CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var removed = await tx.ExecuteAsync(RemoveExpiredSql, new { now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, cancel);
        await tx.CommitAsync(cancel);
        return removed;
    }

    private async Task<Token?> ReadAsync(string digest, DateTimeOffset now, CancellationToken cancel)
    {
        var asOf = _recent.Revocations;
        if (await database.ReadFirstAsync<Row>(FindSql, new { digest, now = now.ToUnixTimeMilliseconds() }, cancel) is not { } row)
        {
            return null;
        }

        IReadOnlyList<Role> roles = row.ProjectId is null && row.Domain == 0
            ? []
            : [.. (await database.ReadAllAsync<int>(row.Domain == 0 ? RolesSql : RolesAnywhereSql, new { account = row.AccountId, project = row.ProjectId }, cancel)).Select(role => (Role)role)];
        var token = row.ToToken(roles);
        _recent.Remember(digest, token, now, asOf);
        return token;
    }

    private static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private sealed class Row
    {
        public string AccountId { get; set; } = "";

        public string AccountName { get; set; } = "";

        public string? ProjectId { get; set; }

        public string? ProjectName { get; set; }

        public int Domain { get; set; }

        public long IssuedAt { get; set; }

        public long ExpiresAt { get; set; }

        public Token ToToken(IReadOnlyList<Role> roles) => new(
            new Account(new AccountId(AccountId), AccountName, Enabled: true),
            ProjectId is not null && ProjectName is not null ? new Project(new ProjectId(ProjectId), ProjectName, Enabled: true) : null,
            roles,
            DateTimeOffset.FromUnixTimeMilliseconds(IssuedAt),
            DateTimeOffset.FromUnixTimeMilliseconds(ExpiresAt),
            Domain != 0);
    }
}
