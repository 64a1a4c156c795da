using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;

namespace Holdfast.Control.Users;

/// <summary>A right to call, with an end. <paramref name="Project"/> is null for a token without scope, which then has no roles, and for
/// one whose scope is the domain, which has the roles that its account has in any project.</summary>
public sealed record Token(
    Account Account,
    Project? Project,
    IReadOnlyList<Role> Roles,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    bool IsDomain = false
)
{
    /// <summary>How its bearer showed who they are, Keystone's words.</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["password"];
}

/// <summary>
/// Tokens: 32 random bytes, of which the catalog keeps only the SHA-256. Every call passes <see cref="FindAsync"/>, so answers are
/// remembered for a few seconds; in another process a revocation is seen when that time is over.
/// </summary>
public sealed class TokenStore(CatalogDatabase database, TimeProvider clock) : ITokenSource
{
    /// <summary>How long a token lives.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const string Prefix = "hft_";
    private const int MostRemembered = 10_000;
    private const string RemoveSql = "DELETE FROM token WHERE digest = @digest";
    private const string RemoveExpiredSql = "DELETE FROM token WHERE expires_at <= @now";
    internal const string RolesSql = "SELECT role FROM account_role WHERE account_id = @account AND project_id = @project ORDER BY role";
    private const string FindSql = """
        SELECT a.id AS AccountId, a.name AS AccountName, p.id AS ProjectId, p.name AS ProjectName,
          t.domain AS Domain, t.methods AS Methods, t.issued_at AS IssuedAt, t.expires_at AS ExpiresAt
        FROM token t JOIN account a ON a.id = t.account_id LEFT JOIN project p ON p.id = t.project_id
        WHERE t.digest = @digest AND t.expires_at > @now AND a.enabled = 1 AND (p.id IS NULL OR p.enabled = 1)
        """;

    internal const string RolesAnywhereSql =
        "SELECT DISTINCT r.role FROM account_role r JOIN project p ON p.id = r.project_id WHERE r.account_id = @account AND p.enabled = "
            + "1 ORDER BY r.role";

    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(5);

    private readonly RecentTokens _recent = new(clock, RememberedFor, MostRemembered);

    /// <summary>Issues a token. Null when what it is made upon ended in the meantime, or the account has no role in the scope.</summary>
    public async Task<(string Secret, Token Token)?> IssueAsync(TokenGround ground, TokenScope scope, CancellationToken cancel)
    {
        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        await using var tx = await database.BeginAsync(cancel);
        if (
            await new TokenIssue(tx, DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds())).MakeAsync(
                Digest(secret),
                ground,
                scope,
                cancel
            )
            is not { } token
        )
        {
            return null;
        }

        await tx.CommitAsync(cancel);
        return (secret, token);
    }

    /// <summary>What a token is called in logs: the same each time it is asked for, and of no use to find the token by.</summary>
    public static string AuditIdOf(string secret) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"audit {Digest(secret)}")).AsSpan(0, 16));

    /// <summary>Reads every token anew from now on: what somebody may do has changed.</summary>
    public void ForgetRecent() => _recent.ForgetAll();

    /// <summary>The token, or null when it is unknown, expired or revoked, or its account or project is disabled.</summary>
    public ValueTask<Token?> FindAsync(string secret, CancellationToken cancel)
    {
        var (digest, now) = (Digest(secret), clock.GetUtcNow());
        return _recent.Find(digest, now) is { } known
            ? ValueTask.FromResult<Token?>(known)
            : new ValueTask<Token?>(ReadAsync(digest, now, cancel));
    }

    public ValueTask<Token?> FindFreshAsync(string secret, CancellationToken cancel) =>
        new(ReadAsync(Digest(secret), clock.GetUtcNow(), cancel));

    /// <summary>Ends a token. Once this returns, no call of this process finds it; another process may for the few seconds that it
    /// remembers it.</summary>
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

        IReadOnlyList<Role> roles =
            row.ProjectId is null && row.Domain == 0
                ? []
                :
                [
                    .. (
                        await database.ReadAllAsync<int>(
                            row.Domain == 0 ? RolesSql : RolesAnywhereSql,
                            new { account = row.AccountId, project = row.ProjectId },
                            cancel
                        )
                    ).Select(role => (Role)role),
                ];
        var token = row.ToToken(roles);
        _recent.Remember(digest, token, asOf);
        return token;
    }

    internal static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private sealed class Row
    {
        public string AccountId { get; set; } = "";

        public string AccountName { get; set; } = "";

        public string? ProjectId { get; set; }

        public string? ProjectName { get; set; }

        public int Domain { get; set; }

        public string Methods { get; set; } = "";

        public long IssuedAt { get; set; }

        public long ExpiresAt { get; set; }

        public Token ToToken(IReadOnlyList<Role> roles) =>
            new(
                new Account(new AccountId(AccountId), AccountName, Enabled: true),
                ProjectId is not null && ProjectName is not null ? new Project(new ProjectId(ProjectId), ProjectName, Enabled: true) : null,
                roles,
                DateTimeOffset.FromUnixTimeMilliseconds(IssuedAt),
                DateTimeOffset.FromUnixTimeMilliseconds(ExpiresAt),
                Domain != 0
            )
            {
                Methods = Methods.Split(','),
            };
    }
}
