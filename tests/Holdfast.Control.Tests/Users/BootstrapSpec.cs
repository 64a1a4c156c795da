using Holdfast.Control.Projects;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Users;

/// <summary>The first start of all, and that there is one only.</summary>
public abstract class BootstrapSpec : CatalogSpec
{
    private const string Everybody =
        "SELECT a.name || ' ' || p.name || ' ' || r.role FROM account a LEFT JOIN account_role r ON r.account_id = a.id LEFT JOIN "
            + "project p ON p.id = r.project_id ORDER BY 1";

    [Fact]
    public async Task Several_that_start_at_once_make_one_admin_and_agree_on_the_repository()
    {
        var started = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(async n =>
                {
                    await using var database = Bed.OpenAnother();
                    await using var begun = await Bootstrap.BeginAsync(database, Bed.Clock, Cancel);
                    return (
                        begun.Repository,
                        Mine: $"r{n}",
                        Password: await begun.FinishAsync(begun.Repository ?? $"r{n}", isEmbedded: true, null, _ => { }, Cancel)
                    );
                })
        );

        var first = Assert.Single(started, one => one.Repository is null);
        Assert.NotNull(first.Password);
        Assert.All(
            started.Where(one => one.Repository is not null),
            one => Assert.Equal((first.Mine, null), (one.Repository, one.Password))
        );
        Assert.Equal(["admin default 1"], await Bed.QueryAsync<string>(Everybody));
        Assert.Equal([first.Mine], await Bed.QueryAsync<string>("SELECT repository_id FROM service"));
    }

    [Theory]
    [InlineData("DELETE FROM account_role")]
    [InlineData("DELETE FROM account")]
    [InlineData("UPDATE account SET name = 'boss', enabled = 0")]
    [InlineData("UPDATE project SET name = 'prod', enabled = 0")]
    public async Task A_later_start_brings_nothing_back(string change)
    {
        await StartAsync("r", isEmbedded: true, "pass word");
        await Bed.ExecuteAsync(change);
        var before = await EverythingAsync();

        Assert.Null(await StartAsync("r", isEmbedded: true, "another one"));

        Assert.Equal(before, await EverythingAsync());
    }

    [Fact]
    public async Task A_catalog_from_before_there_was_a_record_is_adopted_as_it_is()
    {
        var project = await Bed.AddProjectAsync();
        await Bed.ExecuteAsync("INSERT INTO account (id, name, password_hash, enabled, created_at) VALUES ('a', 'boss', 'x', 1, 0)");
        var before = await EverythingAsync();
        await using (var begun = await Bootstrap.BeginAsync(Bed.Database, Bed.Clock, Cancel))
        {
            Assert.Equal((null, true), (begun.Repository, begun.IsUsed));
        }

        Assert.Null(await StartAsync("r", isEmbedded: true, null));

        Assert.Equal(before, await EverythingAsync());
        await using var later = await Bootstrap.BeginAsync(Bed.Database, Bed.Clock, Cancel);
        Assert.Equal("r", later.Repository);
        Assert.NotNull(await new ProjectStore(Bed.Database, Bed.Clock).FindAsync(project, Cancel));
    }

    [Fact]
    public async Task A_start_that_dies_before_its_end_leaves_the_first_start_to_the_next()
    {
        await using (var dead = await Bootstrap.BeginAsync(Bed.Database, Bed.Clock, Cancel))
        {
            Assert.False(dead.IsUsed);
        }

        Assert.NotNull(await StartAsync("r", isEmbedded: true, null));
    }

    [Fact]
    public async Task Where_users_belong_to_a_keystone_no_admin_is_made_and_none_when_that_changes()
    {
        Assert.Null(await StartAsync("r", isEmbedded: false, null));
        Assert.Null(await StartAsync("r", isEmbedded: true, "pass word"));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT name FROM account"));
        Assert.False(await FirstAdmin.IsThereAnyAsync(Bed.Database, Cancel));
    }

    [Theory]
    [InlineData("DELETE FROM account_role")]
    [InlineData("DELETE FROM account")]
    [InlineData("UPDATE account SET enabled = 0")]
    [InlineData("UPDATE project SET enabled = 0")]
    [InlineData("UPDATE project SET name = 'prod'")]
    public async Task Whoever_has_the_catalog_can_let_the_admin_in_again(string change)
    {
        await StartAsync("r", isEmbedded: true, "pass word");
        await Bed.ExecuteAsync("INSERT INTO token (digest, account_id, issued_at, expires_at) SELECT 'd', id, 0, 0 FROM account");
        await Bed.ExecuteAsync(change);

        await FirstAdmin.RecoverAsync(Bed.Database, "let me in", Bed.Clock, Cancel);

        Assert.True(await FirstAdmin.IsThereAnyAsync(Bed.Database, Cancel));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT digest FROM token"));
        using var accounts = new AccountStore(Bed.Database, Bed.Clock);
        var verified =
            await accounts.VerifyPasswordAsync("admin", null, "let me in", "here", Cancel)
            ?? throw new InvalidOperationException("not let in");
        var (_, token) =
            await new TokenStore(Bed.Database, Bed.Clock).IssueAsync(
                new TokenGround.Password(verified),
                new TokenScope.Project(null, "default"),
                Cancel
            ) ?? throw new InvalidOperationException("no token");
        Assert.Equal([Role.Admin], token.Roles);
    }

    [Fact]
    public async Task Nobody_is_let_in_to_a_catalog_on_which_no_service_was_started()
    {
        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            FirstAdmin.RecoverAsync(Bed.Database, "let me in", Bed.Clock, Cancel)
        );
        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Empty(await EverythingAsync());
    }

    [Fact]
    public async Task A_password_that_cannot_be_kept_is_nobodys_and_the_next_start_makes_another()
    {
        var kept = new List<string>();
        await using (var begun = await Bootstrap.BeginAsync(Bed.Database, Bed.Clock, Cancel))
        {
            await Assert.ThrowsAsync<IOException>(() =>
                begun.FinishAsync("r1", isEmbedded: true, null, _ => throw new IOException("full"), Cancel)
            );
        }

        Assert.Empty(await Bed.QueryAsync<string>(Everybody));
        await using var second = await Bootstrap.BeginAsync(Bed.Database, Bed.Clock, Cancel);
        Assert.Null(second.Repository);
        Assert.Equal(await second.FinishAsync("r1", isEmbedded: true, null, kept.Add, Cancel), Assert.Single(kept));
        Assert.Equal(["admin default 1"], await Bed.QueryAsync<string>(Everybody));
    }

    private async Task<string?> StartAsync(string repository, bool isEmbedded, string? password)
    {
        await using var begun = await Bootstrap.BeginAsync(Bed.Database, Bed.Clock, Cancel);
        return await begun.FinishAsync(repository, isEmbedded, password, _ => { }, Cancel);
    }

    private async Task<IReadOnlyList<string>> EverythingAsync() =>
        [
            .. await Bed.QueryAsync<string>("SELECT id || ' ' || name || ' ' || enabled || ' ' || password_hash FROM account ORDER BY 1"),
            .. await Bed.QueryAsync<string>("SELECT id || ' ' || name || ' ' || enabled FROM project ORDER BY 1"),
            .. await Bed.QueryAsync<string>("SELECT account_id || ' ' || project_id || ' ' || role FROM account_role ORDER BY 1"),
        ];
}

public sealed class BootstrapOnSqlite(CatalogTemplates templates) : BootstrapSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class BootstrapOnPostgres(CatalogTemplates templates) : BootstrapSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
