using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Users;

/// <summary>The user <c>admin</c> with the role admin in the project <c>default</c>: who comes first, and the way back in when nobody is
/// left.</summary>
public static class FirstAdmin
{
    private const string ProjectSql =
        "INSERT INTO project (id, name, enabled, created_at) VALUES (@id, @name, 1, @now) ON CONFLICT (name) DO UPDATE SET enabled = 1";
    private const string AccountSql = """
        INSERT INTO account (id, name, password_hash, enabled, created_at) VALUES (@id, @name, @hash, 1, @now)
        ON CONFLICT (name) DO UPDATE SET password_hash = @hash, enabled = 1
        """;

    private const string EndTokensSql = "DELETE FROM token WHERE account_id = (SELECT id FROM account WHERE name = @name)";
    private const string GrantSql = """
        INSERT INTO account_role (account_id, project_id, role)
        SELECT a.id, p.id, 1 FROM account a, project p WHERE a.name = @name AND p.name = @project ON CONFLICT DO NOTHING
        """;

    private const string HashSql = "SELECT password_hash FROM account WHERE name = @name";

    private const string AnySql = """
        SELECT count(*) FROM account a JOIN account_role r ON r.account_id = a.id JOIN project p ON p.id = r.project_id
        WHERE a.enabled = 1 AND p.enabled = 1 AND r.role = 1
        """;

    /// <summary>Whether somebody can let others in: an enabled user with the role admin in an enabled project.</summary>
    public static async Task<bool> IsThereAnyAsync(CatalogDatabase database, CancellationToken cancel) =>
        await database.ReadFirstAsync<long>(AnySql, null, cancel) > 0;

    /// <summary>Whether the user admin, if there is one, has another password.</summary>
    public static async Task<bool> HasAnotherAsync(CatalogDatabase database, string password, CancellationToken cancel) =>
        await database.ReadFirstAsync<string>(HashSql, new { name = Bootstrap.AdminName }, cancel) is { } hash
        && !PasswordHash.Verify(password, hash);

    /// <summary>Lets the admin in again, with a new password: makes or enables user and project, gives the role, ends the user's tokens.
    /// For whoever has the catalog itself, with the service running or not.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> where no service was ever started on the catalog.</exception>
    public static async Task RecoverAsync(CatalogDatabase database, string password, TimeProvider clock, CancellationToken cancel)
    {
        await using (var begun = await Bootstrap.BeginAsync(database, clock, cancel))
        {
            if (!begun.IsUsed)
            {
                throw new HoldfastException(
                    FailureKind.Refused,
                    $"The catalog {database.Name} is new: there is nobody to let in again. The first 'holdfast serve' makes the user "
                        + $"{Bootstrap.AdminName}."
                );
            }
        }

        var hash = PasswordHash.Make(password);
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.Administration, cancel);
        await PutAsync(tx, hash, clock, cancel);
        await tx.CommitAsync(cancel);
    }

    internal static async Task PutAsync(CatalogTransaction tx, string hash, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await tx.ExecuteAsync(
            ProjectSql,
            new
            {
                id = ProjectId.New(clock).Value,
                name = Bootstrap.ProjectName,
                now,
            },
            cancel
        );
        await tx.ExecuteAsync(
            AccountSql,
            new
            {
                id = AccountId.New(clock).Value,
                name = Bootstrap.AdminName,
                hash,
                now,
            },
            cancel
        );
        await tx.ExecuteAsync(EndTokensSql, new { name = Bootstrap.AdminName }, cancel);
        await tx.ExecuteAsync(GrantSql, new { name = Bootstrap.AdminName, project = Bootstrap.ProjectName }, cancel);
    }
}
