using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;

namespace Holdfast.Control.Users;

public enum AdministrationOutcome
{
    Done = 1,
    NoSuchUser = 2,
    NoSuchProject = 3,

    /// <summary>Another user or project has the name.</summary>
    NameTaken = 4,

    /// <summary>Nobody would be left who may let others in; nothing was changed.</summary>
    LastAdmin = 5,

    /// <summary>The project still owns something; nothing was changed.</summary>
    NotEmpty = 6,

    /// <summary>To be revoked, but never granted.</summary>
    NoSuchRole = 7,

    /// <summary>The password is no longer the one that was checked; nothing was changed.</summary>
    PasswordChanged = 8,
}

/// <summary>What a user has in a project.</summary>
public sealed record RoleAssignment(AccountId Account, string AccountName, ProjectId Project, string ProjectName, Role Role);

/// <summary>
/// Changes who may call and what they may do. A change counts at once in this process; other servers may go on with a token for the few
/// seconds that they remember it. There is always one enabled admin of an enabled project: without one nobody could be let in any more.
/// </summary>
public sealed class Administration(CatalogDatabase database, AccountStore accounts, TokenStore tokens)
{
    private const string AdminsSql = """
        SELECT count(*) FROM account a JOIN account_role r ON r.account_id = a.id JOIN project p ON p.id = r.project_id
        WHERE a.enabled = 1 AND p.enabled = 1 AND r.role = 1
        """;

    private const string HasAccountSql = "SELECT 1 FROM account WHERE id = @id";
    private const string HashSql = "SELECT password_hash FROM account WHERE id = @id";
    private const string HasProjectSql = "SELECT 1 FROM project WHERE id = @id";
    private const string RenameAccountSql =
        "UPDATE account SET name = @name WHERE id = @id AND NOT EXISTS (SELECT 1 FROM account o WHERE o.name = @name AND o.id <> @id)";
    private const string RenameProjectSql =
        "UPDATE project SET name = @name WHERE id = @id AND NOT EXISTS (SELECT 1 FROM project o WHERE o.name = @name AND o.id <> @id)";
    private const string SwitchAccountSql = "UPDATE account SET enabled = @enabled WHERE id = @id";
    private const string SwitchProjectSql = "UPDATE project SET enabled = @enabled WHERE id = @id";
    private const string PasswordSql = "UPDATE account SET password_hash = @hash WHERE id = @id";
    private const string EmailSql = "UPDATE account SET email = @text WHERE id = @id";
    private const string DescriptionSql = "UPDATE account SET description = @text WHERE id = @id";
    private const string DefaultProjectSql = "UPDATE account SET default_project = @text WHERE id = @id";
    private const string AttributesSql = "SELECT attributes FROM account WHERE id = @id";
    private const string SetAttributesSql = "UPDATE account SET attributes = @text WHERE id = @id";
    private const string ProjectAttributesSql = "SELECT attributes FROM project WHERE id = @id";
    private const string SetProjectAttributesSql = "UPDATE project SET attributes = @text WHERE id = @id";
    private const string TagsOfSql = "SELECT tags FROM project WHERE id = @id";
    private const string TagsSql = "UPDATE project SET tags = @text WHERE id = @id";
    private const string ForgetDefaultSql = "UPDATE account SET default_project = NULL WHERE default_project = @id";
    private const string DescribeProjectSql = "UPDATE project SET description = @text WHERE id = @id";
    private const string EndTokensSql = "DELETE FROM token WHERE account_id = @id";
    private const string EndProjectTokensSql = "DELETE FROM token WHERE project_id = @id";
    private const string RemoveAccountSql = "DELETE FROM account WHERE id = @id";
    private const string GrantSql =
        "INSERT INTO account_role (account_id, project_id, role) VALUES (@account, @project, @role) ON CONFLICT DO NOTHING";
    private const string RevokeSql = "DELETE FROM account_role WHERE account_id = @account AND project_id = @project AND role = @role";
    private const string OwnedSql = """
        SELECT (SELECT count(*) FROM volume WHERE project_id = @id) + (SELECT count(*) FROM backup WHERE project_id = @id)
          + (SELECT count(*) FROM policy WHERE project_id = @id AND is_default = 0)
          + (SELECT count(*) FROM job WHERE project_id = @id AND state IN (1, 2))
        """;

    private const string RemoveDefaultPolicySql = "DELETE FROM policy WHERE project_id = @id AND is_default = 1";
    private const string RemoveProjectSql = "DELETE FROM project WHERE id = @id";

    /// <summary>Changes a user. A new password ends the user's tokens, and so does disabling: enabling brings none of them back.</summary>
    public async Task<AdministrationOutcome> UpdateUserAsync(AccountId id, UserChange change, CancellationToken cancel)
    {
        var hash = change.Password is null ? null : await accounts.HashAsync(change.Password, cancel);
        return await ChangeAsync(
            async tx =>
            {
                if (!await HasAsync(tx, HasAccountSql, id.Value, cancel))
                {
                    return AdministrationOutcome.NoSuchUser;
                }

                if (change.OnlyIf is { } verified && await tx.FindAsync<string>(HashSql, new { id = id.Value }, cancel) != verified.Hash)
                {
                    return AdministrationOutcome.PasswordChanged;
                }

                if (change.Name is { } name && await tx.ExecuteAsync(RenameAccountSql, new { id = id.Value, name }, cancel) == 0)
                {
                    return AdministrationOutcome.NameTaken;
                }

                await DescribeAsync(tx, id, change, cancel);
                await MergeAsync(tx, AttributesSql, SetAttributesSql, id.Value, change.Attributes, cancel);
                if (change.Enabled is { } on)
                {
                    await tx.ExecuteAsync(SwitchAccountSql, new { id = id.Value, enabled = on ? 1 : 0 }, cancel);
                }

                if (hash is not null)
                {
                    await tx.ExecuteAsync(PasswordSql, new { id = id.Value, hash }, cancel);
                }

                if (hash is not null || change.Enabled == false)
                {
                    await tx.ExecuteAsync(EndTokensSql, new { id = id.Value }, cancel);
                }

                return AdministrationOutcome.Done;
            },
            cancel
        );
    }

    /// <summary>Removes a user with roles, tokens and access keys. What projects own stays.</summary>
    public Task<AdministrationOutcome> RemoveUserAsync(AccountId id, CancellationToken cancel) =>
        ChangeAsync(
            async tx =>
                await tx.ExecuteAsync(RemoveAccountSql, new { id = id.Value }, cancel) == 0
                    ? AdministrationOutcome.NoSuchUser
                    : AdministrationOutcome.Done,
            cancel
        );

    public Task<AdministrationOutcome> GrantAsync(AccountId account, ProjectId project, Role role, CancellationToken cancel) =>
        ChangeAsync(
            async tx =>
            {
                if (!await HasAsync(tx, HasAccountSql, account.Value, cancel))
                {
                    return AdministrationOutcome.NoSuchUser;
                }

                if (!await HasAsync(tx, HasProjectSql, project.Value, cancel))
                {
                    return AdministrationOutcome.NoSuchProject;
                }

                await tx.ExecuteAsync(
                    GrantSql,
                    new
                    {
                        account = account.Value,
                        project = project.Value,
                        role = (int)role,
                    },
                    cancel
                );
                return AdministrationOutcome.Done;
            },
            cancel
        );

    public Task<AdministrationOutcome> RevokeAsync(AccountId account, ProjectId project, Role role, CancellationToken cancel) =>
        ChangeAsync(
            async tx =>
                await tx.ExecuteAsync(
                    RevokeSql,
                    new
                    {
                        account = account.Value,
                        project = project.Value,
                        role = (int)role,
                    },
                    cancel
                ) == 0
                    ? AdministrationOutcome.NoSuchRole
                    : AdministrationOutcome.Done,
            cancel
        );

    /// <summary>Changes a project. Nobody gets into a disabled one and its tokens are ended for good, but its policies go on to protect its
    /// volumes.</summary>
    public Task<AdministrationOutcome> UpdateProjectAsync(ProjectId id, ProjectChange change, CancellationToken cancel) =>
        ChangeAsync(
            async tx =>
            {
                if (!await HasAsync(tx, HasProjectSql, id.Value, cancel))
                {
                    return AdministrationOutcome.NoSuchProject;
                }

                if (change.Name is { } name && await tx.ExecuteAsync(RenameProjectSql, new { id = id.Value, name }, cancel) == 0)
                {
                    return AdministrationOutcome.NameTaken;
                }

                if (change.Description is { } text)
                {
                    await tx.ExecuteAsync(DescribeProjectSql, new { id = id.Value, text }, cancel);
                }

                if (change.Tags is { } tags)
                {
                    var held = Project.TagsOf(await tx.FindAsync<string>(TagsOfSql, new { id = id.Value }, cancel) ?? "");
                    await tx.ExecuteAsync(TagsSql, new { id = id.Value, text = Project.TextOf(tags(held)) }, cancel);
                }

                await MergeAsync(tx, ProjectAttributesSql, SetProjectAttributesSql, id.Value, change.Attributes, cancel);
                if (change.Enabled is { } on)
                {
                    await tx.ExecuteAsync(SwitchProjectSql, new { id = id.Value, enabled = on ? 1 : 0 }, cancel);
                }

                if (change.Enabled == false)
                {
                    await tx.ExecuteAsync(EndProjectTokensSql, new { id = id.Value }, cancel);
                }

                return AdministrationOutcome.Done;
            },
            cancel
        );

    /// <summary>Removes a project that owns no volume, no backup, no policy but the default one, and no job that has not ended.</summary>
    public Task<AdministrationOutcome> RemoveProjectAsync(ProjectId id, CancellationToken cancel) =>
        ChangeAsync(
            async tx =>
            {
                if (
                    await tx.FindAsync<string>($"SELECT id FROM project WHERE id = @id {tx.Dialect.RowLock}", new { id = id.Value }, cancel)
                    is null
                )
                {
                    return AdministrationOutcome.NoSuchProject;
                }

                if (await tx.FindAsync<long>(OwnedSql, new { id = id.Value }, cancel) > 0)
                {
                    return AdministrationOutcome.NotEmpty;
                }

                await tx.ExecuteAsync(RemoveDefaultPolicySql, new { id = id.Value }, cancel);
                await tx.ExecuteAsync(ForgetDefaultSql, new { id = id.Value }, cancel);
                await tx.ExecuteAsync(RemoveProjectSql, new { id = id.Value }, cancel);
                return AdministrationOutcome.Done;
            },
            cancel
        );

    private async Task<AdministrationOutcome> ChangeAsync(
        Func<CatalogTransaction, Task<AdministrationOutcome>> change,
        CancellationToken cancel
    )
    {
        await using (var tx = await database.BeginAsync(cancel))
        {
            // One after the other: two that each take away one of two admins would both see one left.
            await tx.TakeTurnAsync(CatalogTurn.Administration, cancel);
            if (await change(tx) is var outcome && outcome != AdministrationOutcome.Done)
            {
                return outcome;
            }

            if (await tx.FindAsync<long>(AdminsSql, null, cancel) == 0)
            {
                return AdministrationOutcome.LastAdmin;
            }

            await tx.CommitAsync(cancel);
        }

        tokens.ForgetRecent();
        return AdministrationOutcome.Done;
    }

    private static async Task DescribeAsync(CatalogTransaction tx, AccountId id, UserChange change, CancellationToken cancel)
    {
        foreach (
            var (sql, text) in ((string, string?)[])[
                (EmailSql, change.Email),
                (DescriptionSql, change.Description),
                (DefaultProjectSql, change.DefaultProject),
            ]
        )
        {
            if (text is not null)
            {
                await tx.ExecuteAsync(sql, new { id = id.Value, text = text.Length == 0 ? null : text }, cancel);
            }
        }
    }

    private static async Task MergeAsync(
        CatalogTransaction tx,
        string read,
        string write,
        string id,
        string? change,
        CancellationToken cancel
    )
    {
        if (change is not null)
        {
            var text = FreeMembers.Merge(await tx.FindAsync<string>(read, new { id }, cancel) ?? "{}", change);
            await tx.ExecuteAsync(write, new { id, text }, cancel);
        }
    }

    private static async Task<bool> HasAsync(CatalogTransaction tx, string sql, string id, CancellationToken cancel) =>
        CatalogText.CanHold(id) && await tx.FindAsync<long?>(sql, new { id }, cancel) is not null;
}
