using Holdfast.Control.Policies;
using Holdfast.Control.Projects;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Users;

/// <summary>Users, projects, roles and tokens.</summary>
public abstract class AdministrationSpec : FlowSpec
{
    private AccountStore _accounts = null!; // made in OpenedAsync
    private TokenStore _tokens = null!; // made in OpenedAsync
    private ProjectStore _projects = null!; // made in OpenedAsync
    private Administration _administration = null!; // made in OpenedAsync

    [Fact]
    public async Task There_is_always_somebody_who_can_let_others_in()
    {
        var (admin, home) = await MakeAsync("admin", "home", Role.Admin);
        Assert.Equal(AdministrationOutcome.LastAdmin, await _administration.RevokeAsync(admin.Id, home.Id, Role.Admin, Cancel));
        Assert.Equal(
            AdministrationOutcome.LastAdmin,
            await _administration.UpdateUserAsync(admin.Id, new UserChange { Enabled = false }, Cancel)
        );
        Assert.Equal(AdministrationOutcome.LastAdmin, await _administration.RemoveUserAsync(admin.Id, Cancel));
        Assert.Equal(
            AdministrationOutcome.LastAdmin,
            await _administration.UpdateProjectAsync(home.Id, new ProjectChange { Enabled = false }, Cancel)
        );
        Assert.Equal(AdministrationOutcome.LastAdmin, await _administration.RemoveProjectAsync(home.Id, Cancel));
        Assert.Equal([Role.Admin], await _accounts.RolesAsync(admin.Id, home.Id, Cancel));

        var (second, _) = await MakeAsync("second", "elsewhere", Role.Admin);
        var both = await Task.WhenAll(
            _administration.RemoveUserAsync(admin.Id, Cancel),
            _administration.RemoveUserAsync(second.Id, Cancel)
        );
        Assert.Equal([AdministrationOutcome.Done, AdministrationOutcome.LastAdmin], both.Order());
    }

    [Fact]
    public async Task What_is_taken_away_counts_for_tokens_that_are_out_already()
    {
        await MakeAsync("admin", "home", Role.Admin);
        var (user, project) = await MakeAsync("user", "team", Role.Member);
        var (secret, _) = await IssueAsync("user", new TokenScope.Project(project.Id, null));
        Assert.Equal(AdministrationOutcome.Done, await _administration.GrantAsync(user.Id, project.Id, Role.Reader, Cancel));
        Assert.Equal([Role.Member, Role.Reader], (await _tokens.FindAsync(secret, Cancel))?.Roles);
        Assert.Equal(AdministrationOutcome.Done, await _administration.RevokeAsync(user.Id, project.Id, Role.Member, Cancel));
        Assert.Equal([Role.Reader], (await _tokens.FindAsync(secret, Cancel))?.Roles);
        Assert.Equal(AdministrationOutcome.NoSuchRole, await _administration.RevokeAsync(user.Id, project.Id, Role.Member, Cancel));

        Assert.Equal(
            AdministrationOutcome.Done,
            await _administration.UpdateUserAsync(user.Id, new UserChange { Password = "a new password" }, Cancel)
        );
        Assert.Null(await _tokens.FindAsync(secret, Cancel));
        Assert.Null(await VerifyAsync("user", "pass word"));
        Assert.NotNull(await VerifyAsync("user", "a new password"));
    }

    [Fact]
    public async Task What_is_disabled_loses_its_tokens_and_gets_none_of_them_back_when_it_is_enabled()
    {
        await MakeAsync("admin", "home", Role.Admin);
        var (user, project) = await MakeAsync("user", "team", Role.Member);
        var (ofProject, _) = await IssueAsync("user", new TokenScope.Project(null, "team"));
        var (ofDomain, _) = await IssueAsync("user", new TokenScope.Domain());
        foreach (var on in (bool[])[false, true])
        {
            Assert.Equal(
                AdministrationOutcome.Done,
                await _administration.UpdateProjectAsync(project.Id, new ProjectChange { Enabled = on }, Cancel)
            );
        }

        Assert.Null(await _tokens.FindAsync(ofProject, Cancel));
        Assert.NotNull(await _tokens.FindAsync(ofDomain, Cancel));
        foreach (var on in (bool[])[false, true])
        {
            Assert.Equal(
                AdministrationOutcome.Done,
                await _administration.UpdateUserAsync(user.Id, new UserChange { Enabled = on }, Cancel)
            );
        }

        Assert.Null(await _tokens.FindAsync(ofDomain, Cancel));
    }

    [Fact]
    public async Task What_users_and_projects_say_of_themselves_is_kept_and_taken_away_by_an_empty_text()
    {
        var (user, project) = await MakeAsync("user", "team", Role.Admin);
        await _administration.UpdateUserAsync(user.Id, new UserChange { Email = "u@example.com", Description = "one" }, Cancel);
        await _administration.UpdateProjectAsync(project.Id, new ProjectChange { Description = "two" }, Cancel);
        Assert.Equal(
            ("u@example.com", "one", "two"),
            (
                (await _accounts.FindAsync(user.Id, Cancel))?.Email,
                (await _accounts.FindAsync(user.Id, Cancel))?.Description,
                (await _projects.FindAsync(project.Id, Cancel))?.Description
            )
        );

        await _administration.UpdateUserAsync(user.Id, new UserChange { Description = "" }, Cancel);
        Assert.Equal(
            ("u@example.com", null),
            ((await _accounts.FindAsync(user.Id, Cancel))?.Email, (await _accounts.FindAsync(user.Id, Cancel))?.Description)
        );
    }

    [Fact]
    public async Task A_token_for_the_domain_has_the_roles_of_all_projects_and_one_without_scope_has_none()
    {
        var (user, _) = await MakeAsync("user", "one", Role.Admin);
        var two = await _projects.EnsureAsync("two", Cancel);
        await _administration.GrantAsync(user.Id, two.Id, Role.Reader, Cancel);
        var (_, domain) = await IssueAsync("user", new TokenScope.Domain());
        Assert.Equal((true, null), (domain.IsDomain, domain.Project));
        Assert.Equal([Role.Admin, Role.Reader], domain.Roles);
        var (_, none) = await IssueAsync("user", new TokenScope.None());
        Assert.Equal((false, 0), (none.IsDomain, none.Roles.Count));
    }

    [Fact]
    public async Task A_project_goes_when_it_owns_nothing_but_its_default_policy()
    {
        await MakeAsync("admin", "home", Role.Admin);
        Assert.Equal(AdministrationOutcome.NotEmpty, await _administration.RemoveProjectAsync(Project, Cancel));

        var empty = await _projects.CreateAsync("empty", Cancel) ?? throw new InvalidOperationException("made twice");
        Assert.Null(await _projects.CreateAsync("empty", Cancel));
        await new PolicyStore(
            Bed.Database,
            World.Tasks,
            Microsoft.Extensions.Options.Options.Create(new PolicyOptions()),
            Bed.Clock
        ).ListAsync(empty.Id, Cancel);
        Assert.Equal(AdministrationOutcome.Done, await _administration.RemoveProjectAsync(empty.Id, Cancel));
        Assert.Null(await _projects.FindAsync(empty.Id, Cancel));
        Assert.Equal(AdministrationOutcome.NoSuchProject, await _administration.RemoveProjectAsync(empty.Id, Cancel));
    }

    [Fact]
    public async Task Names_are_unique_and_what_is_not_there_is_named()
    {
        var (user, project) = await MakeAsync("user", "team", Role.Admin);
        await MakeAsync("other", "others", Role.Member);
        Assert.Equal(
            AdministrationOutcome.NameTaken,
            await _administration.UpdateUserAsync(user.Id, new UserChange { Name = "other" }, Cancel)
        );
        Assert.Equal(
            AdministrationOutcome.NameTaken,
            await _administration.UpdateProjectAsync(project.Id, new ProjectChange { Name = "others" }, Cancel)
        );
        Assert.Equal(AdministrationOutcome.Done, await _administration.UpdateUserAsync(user.Id, new UserChange { Name = "user" }, Cancel));
        Assert.Equal(
            AdministrationOutcome.NoSuchUser,
            await _administration.GrantAsync(new AccountId("x\0"), project.Id, Role.Reader, Cancel)
        );
        Assert.Equal(
            AdministrationOutcome.NoSuchProject,
            await _administration.GrantAsync(user.Id, new ProjectId("x"), Role.Reader, Cancel)
        );
        Assert.Equal(["other", "user"], (await _accounts.ListAsync(Cancel)).Select(account => account.Name));
        Assert.Equal(
            [("other", "others", Role.Member), ("user", "team", Role.Admin)],
            (await _accounts.AssignmentsAsync(null, null, Cancel)).Select(a => (a.AccountName, a.ProjectName, a.Role))
        );
        Assert.Single(await _accounts.AssignmentsAsync(user.Id, project.Id, Cancel));
    }

    [Fact]
    public async Task A_secret_opens_with_its_own_key_and_repository_only()
    {
        var (user, _) = await MakeAsync("user", "team", Role.Admin);
        var keys = new AccessKeyStore(Bed.Database, World.Repository, Bed.Clock);
        var (key, secret) = await keys.CreateAsync(user.Id, "d", Cancel) ?? throw new InvalidOperationException("too many");
        Assert.Equal((user, secret), await keys.FindSecretAsync(key.Id, Cancel));
        Assert.Equal((20, 40), (key.Id.Length, secret.Length));
        Assert.DoesNotContain(secret, (await Bed.QueryAsync<string>("SELECT secret FROM access_key"))[0], StringComparison.Ordinal);
        Assert.Equal(key.Id, Assert.Single(await keys.ListAsync(user.Id, Cancel)).Id);

        var (other, _) = await keys.CreateAsync(user.Id, null, Cancel) ?? throw new InvalidOperationException("too many");
        await Bed.ExecuteAsync(
            $"UPDATE access_key SET secret = (SELECT secret FROM access_key WHERE id = '{key.Id}') WHERE id = '{other.Id}'"
        );
        await Assert.ThrowsAsync<HoldfastException>(() => keys.FindSecretAsync(other.Id, Cancel));
        Assert.True(await keys.RemoveAsync(key.Id, Cancel));
        Assert.Null(await keys.FindSecretAsync(key.Id, Cancel));
    }

    protected override async ValueTask OpenedAsync()
    {
        await base.OpenedAsync();
        _accounts = new AccountStore(Bed.Database, Bed.Clock);
        _tokens = new TokenStore(Bed.Database, Bed.Clock);
        _projects = new ProjectStore(Bed.Database, Bed.Clock);
        _administration = new Administration(Bed.Database, _accounts, _tokens);
    }

    protected override async ValueTask CloseAsync()
    {
        _accounts.Dispose();
        await base.CloseAsync();
    }

    private Task<VerifiedPassword?> VerifyAsync(string user, string password) =>
        _accounts.VerifyPasswordAsync(user, null, password, "here", Cancel);

    private async Task<(string Secret, Token Token)> IssueAsync(string user, TokenScope scope) =>
        await VerifyAsync(user, "pass word") is { } verified
        && await _tokens.IssueAsync(new TokenGround.Password(verified), scope, Cancel) is { } issued
            ? issued
            : throw new InvalidOperationException("not let in");

    private async Task<(Account Account, Project Project)> MakeAsync(string user, string project, Role role)
    {
        var account = await _accounts.CreateAsync(user, "pass word", Cancel) ?? throw new InvalidOperationException("made twice");
        var home = await _projects.EnsureAsync(project, Cancel);
        await _accounts.GrantAsync(account.Id, home.Id, role, Cancel);
        return (account, home);
    }
}

public sealed class AdministrationOnSqlite(CatalogTemplates templates) : AdministrationSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class AdministrationOnPostgres(CatalogTemplates templates) : AdministrationSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
