using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;

namespace Holdfast.Control.Users;

/// <summary>
/// The making of a token, inside one transaction. It holds the account's row, and the project's, so that whoever ends rights comes wholly
/// before, and no token is made, or wholly after, and ends this one with the others (docs/concurrency-control-plane.md).
/// </summary>
internal sealed class TokenIssue(CatalogTransaction tx, DateTimeOffset now)
{
    private const string AccountColumns = "id AS Id, name AS Name, password_hash AS PasswordHash, default_project AS DefaultProject";
    private const string AccountSql = $"SELECT {AccountColumns} FROM account WHERE id = @id AND enabled = 1";
    private const string OwnerSql = "SELECT account_id FROM token WHERE digest = @digest";
    private const string ParentSql =
        "SELECT methods AS Methods, expires_at AS ExpiresAt FROM token WHERE digest = @digest AND expires_at > @now";
    private const string ProjectByIdSql = "SELECT id AS Id, name AS Name FROM project WHERE id = @key AND enabled = 1";
    private const string ProjectByNameSql = "SELECT id AS Id, name AS Name FROM project WHERE name = @key AND enabled = 1";
    private const string InsertSql =
        "INSERT INTO token (digest, account_id, project_id, domain, methods, issued_at, expires_at) VALUES (@digest, @account, @project, "
            + "@domain, @methods, @issued, @expires)";

    /// <summary>Null when the ground is no more, or the account has no role in what the token is to be good for.</summary>
    public async Task<Token?> MakeAsync(string digest, TokenGround ground, TokenScope scope, CancellationToken cancel)
    {
        if (await HoldAsync(ground, cancel) is not ({ } account, var methods, var expires))
        {
            return null;
        }

        if (scope is TokenScope.OwnDefault)
        {
            scope = await DefaultOfAsync(account, cancel);
        }

        var project = scope is TokenScope.Project wanted ? await HoldProjectAsync(wanted, cancel) : null;
        if (scope is TokenScope.Project && project is null)
        {
            return null;
        }

        var isDomain = scope is TokenScope.Domain;
        var roles = await RolesAsync(account, project, isDomain, cancel);
        if (roles.Count == 0 && scope is not TokenScope.None)
        {
            return null;
        }

        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                digest,
                account = account.Id.Value,
                project = project?.Id.Value,
                domain = isDomain ? 1 : 0,
                methods,
                issued = now.ToUnixTimeMilliseconds(),
                expires = expires.ToUnixTimeMilliseconds(),
            },
            cancel
        );
        return new Token(account, project, roles, now, expires, isDomain) { Methods = methods.Split(',') };
    }

    private async Task<(Account? Account, string Methods, DateTimeOffset Expires)?> HoldAsync(TokenGround ground, CancellationToken cancel)
    {
        var latest = now + TokenStore.Lifetime;
        if (ground is TokenGround.Password { Verified: var verified })
        {
            return await HoldAccountAsync(verified.Account.Id.Value, cancel) is { } own && own.PasswordHash == verified.Hash
                ? (own.ToAccount(), "password", latest)
                : null;
        }

        // The parent is read after its account is held: whoever ends an account's tokens holds that row first.
        var digest = TokenStore.Digest(((TokenGround.Parent)ground).Secret);
        if (
            await tx.FindAsync<string>(OwnerSql, new { digest }, cancel) is not { } owner
            || await HoldAccountAsync(owner, cancel) is not { } account
            || await tx.FindAsync<ParentRow>(ParentSql, new { digest, now = now.ToUnixTimeMilliseconds() }, cancel) is not { } parent
        )
        {
            return null;
        }

        var end = DateTimeOffset.FromUnixTimeMilliseconds(parent.ExpiresAt);
        var methods = parent.Methods.Split(',').Contains("token") ? parent.Methods : $"token,{parent.Methods}";
        return (account.ToAccount(), methods, end < latest ? end : latest);
    }

    /// <summary>What a request that names no scope means.</summary>
    private async Task<TokenScope> DefaultOfAsync(Account account, CancellationToken cancel) =>
        account.DefaultProject is { } id
        && await HoldProjectAsync(new TokenScope.Project(id, null), cancel) is { } project
        && (await RolesAsync(account, project, isDomain: false, cancel)).Count > 0
            ? new TokenScope.Project(id, null)
            : new TokenScope.None();

    private Task<AccountRow?> HoldAccountAsync(string id, CancellationToken cancel) =>
        tx.FindAsync<AccountRow>($"{AccountSql} {tx.Dialect.RowLock}", new { id }, cancel);

    private async Task<Project?> HoldProjectAsync(TokenScope.Project scope, CancellationToken cancel)
    {
        var key = scope.Id?.Value ?? scope.Name ?? "";
        return
            CatalogText.CanHold(key)
            && await tx.FindAsync<ProjectRow>(
                $"{(scope.Id is null ? ProjectByNameSql : ProjectByIdSql)} {tx.Dialect.RowLock}",
                new { key },
                cancel
            )
                is { } row
            ? new Project(new ProjectId(row.Id), row.Name, Enabled: true)
            : null;
    }

    private async Task<IReadOnlyList<Role>> RolesAsync(Account account, Project? project, bool isDomain, CancellationToken cancel) =>
        project is null && !isDomain
            ? []
            :
            [
                .. (
                    await tx.QueryAsync<int>(
                        isDomain ? TokenStore.RolesAnywhereSql : TokenStore.RolesSql,
                        new { account = account.Id.Value, project = project?.Id.Value },
                        cancel
                    )
                ).Select(role => (Role)role),
            ];

    private sealed class AccountRow
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";

        public string PasswordHash { get; set; } = "";

        public string? DefaultProject { get; set; }

        public Account ToAccount() =>
            new(new AccountId(Id), Name, Enabled: true) { DefaultProject = DefaultProject is null ? null : new ProjectId(DefaultProject) };
    }

    private sealed class ParentRow
    {
        public string Methods { get; set; } = "";

        public long ExpiresAt { get; set; }
    }

    private sealed class ProjectRow
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";
    }
}
