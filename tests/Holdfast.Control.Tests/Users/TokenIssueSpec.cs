using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Users;

namespace Holdfast.Control.Tests.Users;

/// <summary>What a token is made upon counts as it is when the token is made, whatever this process remembers or was told before.</summary>
public abstract class TokenIssueSpec : CatalogSpec
{
    private AccountStore _accounts = null!; // made in OpenedAsync
    private TokenStore _tokens = null!; // made in OpenedAsync
    private CatalogDatabase _elsewhere = null!; // made in OpenedAsync
    private Administration _other = null!; // made in OpenedAsync
    private TokenStore _otherTokens = null!; // made in OpenedAsync

    public enum Ended
    {
        Password,
        Disabled,
        Removed,
        Revoked,
        Project,
        Role,
    }

    [Theory]
    [InlineData(Ended.Password)]
    [InlineData(Ended.Disabled)]
    [InlineData(Ended.Removed)]
    [InlineData(Ended.Revoked)]
    [InlineData(Ended.Project)]
    [InlineData(Ended.Role)]
    public async Task No_token_is_made_upon_what_another_server_has_ended(Ended end)
    {
        var (user, project) = await MakeAsync("user", "team");
        var scope = new TokenScope.Project(project.Id, null);
        var parent = await IssueAsync(scope);
        Assert.NotNull(await _tokens.FindAsync(parent, Cancel));

        await EndElsewhereAsync(end, user, project, parent);

        // It is remembered here, and that it is does not matter.
        Assert.NotNull(await _tokens.FindAsync(parent, Cancel));
        Assert.Null(await _tokens.IssueAsync(new TokenGround.Parent(parent), scope, Cancel));
        Assert.True(await _tokens.FindFreshAsync(parent, Cancel) is null or { Roles.Count: 0 });
    }

    [Theory]
    [InlineData(Ended.Password)]
    [InlineData(Ended.Disabled)]
    [InlineData(Ended.Removed)]
    public async Task A_password_that_was_right_when_it_was_checked_gives_no_token_when_it_no_longer_is(Ended end)
    {
        var (user, project) = await MakeAsync("user", "team");
        var verified = await VerifyAsync();

        await EndElsewhereAsync(end, user, project, "");

        Assert.Null(await _tokens.IssueAsync(new TokenGround.Password(verified), new TokenScope.None(), Cancel));
        Assert.NotEqual(
            AdministrationOutcome.Done,
            await _other.UpdateUserAsync(
                user.Id,
                new UserChange { Password = "stolen back", OnlyIf = verified with { Hash = verified.Hash + "x" } },
                Cancel
            )
        );
    }

    [Fact]
    public async Task What_another_server_has_ended_is_forgotten_after_seconds_also_where_the_clock_is_set_back()
    {
        var (user, project) = await MakeAsync("user", "team");
        var token = await IssueAsync(new TokenScope.Project(project.Id, null));
        Assert.NotNull(await _tokens.FindAsync(token, Cancel));
        await EndElsewhereAsync(Ended.Revoked, user, project, token);

        Bed.Clock.Jump(TimeSpan.FromHours(-2));
        Assert.NotNull(await _tokens.FindAsync(token, Cancel));
        Bed.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await _tokens.FindAsync(token, Cancel));
    }

    [Fact]
    public async Task A_token_that_is_made_while_rights_are_ended_is_not_made_or_ended_too()
    {
        var (user, project) = await MakeAsync("user", "team");
        for (var i = 0; i < 10; i++)
        {
            var verified = await VerifyAsync();
            var making = Enumerable
                .Range(0, 4)
                .Select(_ => _tokens.IssueAsync(new TokenGround.Password(verified), new TokenScope.Project(project.Id, null), Cancel))
                .ToList();
            var ending = _other.UpdateUserAsync(user.Id, new UserChange { Password = "pass word" }, Cancel);
            var made = await Task.WhenAll(making);
            Assert.Equal(AdministrationOutcome.Done, await ending);
            foreach (var token in made)
            {
                Assert.True(token is null || await _tokens.FindFreshAsync(token.Value.Secret, Cancel) is null);
            }
        }
    }

    [Fact]
    public async Task A_token_of_a_token_says_so_and_ends_no_later()
    {
        var (_, project) = await MakeAsync("user", "team");
        var parent = await IssueAsync(new TokenScope.None());
        var end = (await _tokens.FindAsync(parent, Cancel))?.ExpiresAt;
        Bed.Clock.Advance(TimeSpan.FromHours(1));

        var (secret, child) =
            await _tokens.IssueAsync(new TokenGround.Parent(parent), new TokenScope.Project(project.Id, null), Cancel)
            ?? throw new InvalidOperationException("refused");
        var (_, grandchild) =
            await _tokens.IssueAsync(new TokenGround.Parent(secret), new TokenScope.None(), Cancel)
            ?? throw new InvalidOperationException("refused");

        Assert.Equal(["token", "password"], child.Methods);
        Assert.Equal(["token", "password"], grandchild.Methods);
        Assert.Equal((end, end), (child.ExpiresAt, grandchild.ExpiresAt));
        Assert.Equal([Role.Member], child.Roles);
        var found = await _tokens.FindFreshAsync(secret, Cancel) ?? throw new InvalidOperationException("lost");
        Assert.Equal((child.IssuedAt, child.ExpiresAt, child.Project), (found.IssuedAt, found.ExpiresAt, found.Project));
        Assert.Equal(child.Methods, found.Methods);
    }

    [Fact]
    public async Task A_token_that_has_expired_and_a_project_without_a_role_give_none()
    {
        await MakeAsync("user", "team");
        var empty = await new ProjectStore(Bed.Database, Bed.Clock).EnsureAsync("empty", Cancel);
        var parent = await IssueAsync(new TokenScope.None());
        Assert.Null(await _tokens.IssueAsync(new TokenGround.Parent(parent), new TokenScope.Project(empty.Id, null), Cancel));
        Assert.Null(await _tokens.IssueAsync(new TokenGround.Parent(parent), new TokenScope.Project(null, "x\0"), Cancel));
        Assert.Null(await _tokens.IssueAsync(new TokenGround.Parent("nonsense"), new TokenScope.None(), Cancel));
        Bed.Clock.Advance(TokenStore.Lifetime);
        Assert.Null(await _tokens.IssueAsync(new TokenGround.Parent(parent), new TokenScope.None(), Cancel));
    }

    protected override async ValueTask OpenedAsync()
    {
        await base.OpenedAsync();
        _accounts = new AccountStore(Bed.Database, Bed.Clock);
        _tokens = new TokenStore(Bed.Database, Bed.Clock);
        _elsewhere = Bed.OpenAnother();
        _otherTokens = new TokenStore(_elsewhere, Bed.Clock);
        _other = new Administration(_elsewhere, _accounts, _otherTokens);
        var (admin, _) = await MakeAsync("admin", "home");
        await _other.GrantAsync(
            admin.Id,
            (await new ProjectStore(Bed.Database, Bed.Clock).EnsureAsync("home", Cancel)).Id,
            Role.Admin,
            Cancel
        );
    }

    protected override async ValueTask CloseAsync()
    {
        _accounts.Dispose();
        await _elsewhere.DisposeAsync();
        await base.CloseAsync();
    }

    private async Task EndElsewhereAsync(Ended end, Account user, Project project, string token)
    {
        if (end == Ended.Revoked)
        {
            await _otherTokens.RevokeAsync(token, Cancel);
            return;
        }

        Assert.Equal(
            AdministrationOutcome.Done,
            end switch
            {
                Ended.Password => await _other.UpdateUserAsync(user.Id, new UserChange { Password = "another one" }, Cancel),
                Ended.Disabled => await _other.UpdateUserAsync(user.Id, new UserChange { Enabled = false }, Cancel),
                Ended.Removed => await _other.RemoveUserAsync(user.Id, Cancel),
                Ended.Project => await _other.UpdateProjectAsync(project.Id, new ProjectChange { Enabled = false }, Cancel),
                _ => await _other.RevokeAsync(user.Id, project.Id, Role.Member, Cancel),
            }
        );
    }

    private async Task<VerifiedPassword> VerifyAsync() =>
        await _accounts.VerifyPasswordAsync("user", null, "pass word", "here", Cancel) ?? throw new InvalidOperationException("not let in");

    private async Task<string> IssueAsync(TokenScope scope) =>
        (
            await _tokens.IssueAsync(new TokenGround.Password(await VerifyAsync()), scope, Cancel)
            ?? throw new InvalidOperationException("refused")
        ).Secret;

    private async Task<(Account Account, Project Project)> MakeAsync(string user, string project)
    {
        var account = await _accounts.CreateAsync(user, "pass word", Cancel) ?? throw new InvalidOperationException("made twice");
        var home = await new ProjectStore(Bed.Database, Bed.Clock).EnsureAsync(project, Cancel);
        await _accounts.GrantAsync(account.Id, home.Id, Role.Member, Cancel);
        return (account, home);
    }
}

public sealed class TokenIssueOnSqlite(CatalogTemplates templates) : TokenIssueSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class TokenIssueOnPostgres(CatalogTemplates templates) : TokenIssueSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
