using Holdfast.Control.Catalog;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Server.Hosting;
using Holdfast.Server.Settings;
using Holdfast.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Hosting;

/// <summary>What a start makes, and what it never makes again.</summary>
public sealed class StartTests : IDisposable
{
    private static readonly (string, string)[] Keystone =
    [
        ("HOLDFAST_Identity__Mode", "Keystone"),
        ("HOLDFAST_Identity__Keystone__Url", "http://127.0.0.1:1/v3"),
        ("HOLDFAST_Identity__Keystone__Username", "u"),
        ("HOLDFAST_Identity__Keystone__Password", "p"),
        ("HOLDFAST_Identity__Keystone__Project", "p"),
    ];

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_restart_gives_nobody_back_what_was_taken_from_them()
    {
        await using (var first = await StartAsync("data"))
        {
            await HandOverAsync(first);
        }

        await using var second = await StartAsync("data");
        var accounts = second.Services.GetRequiredService<AccountStore>();
        Assert.Equal(
            [("admin", "prod", Role.Reader), ("boss", "ops", Role.Admin)],
            (await accounts.AssignmentsAsync(null, null, Cancel)).Select(a => (a.AccountName, a.ProjectName, a.Role))
        );
        Assert.Equal(
            ["ops", "prod"],
            (await second.Services.GetRequiredService<ProjectStore>().ListAsync(Cancel)).Select(project => project.Name)
        );
        Assert.Null(second.First.AdminPassword);
    }

    [Fact]
    public async Task A_catalog_that_was_put_back_from_yesterday_makes_the_service_ill_and_says_what_to_do()
    {
        await (await StartAsync("data")).DisposeAsync();
        await using (var catalog = CatalogDatabase.OpenSqlite(_folder["data", "catalog.db"]))
        {
            await using var tx = await catalog.BeginAsync(Cancel);
            Assert.Equal(1, await tx.ExecuteAsync("UPDATE repository SET exports_begun = 0", null, Cancel));
            await tx.CommitAsync(Cancel);
        }

        await using var server = await StartAsync("data");
        using var http = new HttpClient { BaseAddress = server.Address };

        await TestServer.FirstPassesAsync(server);
        var said = await (await http.GetAsync(new Uri("/healthz", UriKind.Relative), Cancel)).Content.ReadAsStringAsync(Cancel);
        Assert.Contains("it is an older copy, the repository has export 0000000001-", said, StringComparison.Ordinal);
        Assert.Contains("holdfast repo rebuild", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_catalog_without_its_admin_still_opens_its_own_repository_only(bool asKeystone)
    {
        string mine;
        await using (var first = await StartAsync("data"))
        {
            await HandOverAsync(first);
            mine = first.Services.GetRequiredService<Repository>().Id;
        }

        var key = await File.ReadAllTextAsync(_folder["data", "repository.key"], Cancel);
        Directory.Move(_folder["data", "repository"], _folder["unmounted"]);
        var settings = asKeystone ? Keystone : [];
        var missing = await Assert.ThrowsAsync<HoldfastException>(() => StartAsync("data", settings));
        Assert.Equal(FailureKind.NotFound, missing.Kind);
        Assert.Contains(mine, missing.Message, StringComparison.Ordinal);
        Assert.Equal(key, await File.ReadAllTextAsync(_folder["data", "repository.key"], Cancel));
        Assert.False(File.Exists(_folder["data", "repository", "config"]));

        string theirs;
        await using (var other = await StartAsync("other"))
        {
            theirs = other.Services.GetRequiredService<Repository>().Id;
        }

        var wrong = await Assert.ThrowsAsync<HoldfastException>(() =>
            StartAsync(
                "data",
                [
                    .. settings,
                    ("HOLDFAST_Repository__Path", _folder["other", "repository"]),
                    ("HOLDFAST_Repository__Key", _folder["other", "repository.key"]),
                ]
            )
        );
        Assert.Equal(FailureKind.Refused, wrong.Kind);
        Assert.Contains(
            $"belongs to repository {mine}; the one in '{_folder["other", "repository"]}' is {theirs}",
            wrong.Message,
            StringComparison.Ordinal
        );

        await using var again = await StartAsync("data", [.. settings, ("HOLDFAST_Repository__Path", _folder["unmounted"])]);
        Assert.Equal(mine, again.Services.GetRequiredService<Repository>().Id);
    }

    [Fact]
    public async Task A_repository_belongs_to_one_service_until_another_says_that_it_takes_it_over()
    {
        string first;
        await using (var owner = await StartAsync("data"))
        {
            first = owner.Services.GetRequiredService<Repository>().Owner ?? "";
        }

        (string, string)[] there =
        [
            ("HOLDFAST_Repository__Path", _folder["data", "repository"]),
            ("HOLDFAST_Repository__Key", _folder["data", "repository.key"]),
        ];
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => StartAsync("other", there));
        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Contains($"belongs to {first}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Repository:TakeOver=true", refused.Message, StringComparison.Ordinal);
        await (await StartAsync("data")).DisposeAsync();

        await using (var other = await StartAsync("other", [.. there, ("HOLDFAST_Repository__TakeOver", "true")]))
        {
            Assert.NotEqual(first, other.Services.GetRequiredService<Repository>().Owner);
        }

        await (await StartAsync("other", there)).DisposeAsync();
        Assert.Equal(FailureKind.Refused, (await Assert.ThrowsAsync<HoldfastException>(() => StartAsync("data"))).Kind);
    }

    [Theory]
    [InlineData("a;b")]
    [InlineData("a\"b'c = d%20;Mode=Memory")]
    [InlineData(" leading, trailing and\nnew line ")]
    [InlineData("Füße 数据 |DataDirectory| :memory:")]
    public async Task A_data_folder_may_have_any_name(string name)
    {
        await (await StartAsync(name)).DisposeAsync();
        await using var again = await StartAsync(name);
        Assert.True(File.Exists(_folder[name, "catalog.db"]));
        Assert.Null(again.First.AdminPassword);
    }

    [Fact]
    public async Task A_catalog_that_began_with_a_keystone_has_no_admin_until_somebody_lets_one_in()
    {
        await (await StartAsync("data", Keystone)).DisposeAsync();
        await using var embedded = await StartAsync("data");
        var accounts = embedded.Services.GetRequiredService<AccountStore>();
        Assert.Empty(await accounts.ListAsync(Cancel));

        await Assert.ThrowsAsync<HoldfastException>(() =>
            CatalogStart.RecoverAdminAsync(Read("data"), "short", TimeProvider.System, Cancel)
        );
        await Assert.ThrowsAsync<HoldfastException>(() =>
            CatalogStart.RecoverAdminAsync(Read("elsewhere"), "let me in", TimeProvider.System, Cancel)
        );
        Assert.False(Directory.Exists(_folder["elsewhere"]));
        await CatalogStart.RecoverAdminAsync(Read("data"), "let me in", TimeProvider.System, Cancel);

        Assert.NotNull(await accounts.VerifyPasswordAsync("admin", null, "let me in", "here", Cancel));
        Assert.Equal(
            [("admin", "default", Role.Admin)],
            (await accounts.AssignmentsAsync(null, null, Cancel)).Select(a => (a.AccountName, a.ProjectName, a.Role))
        );
    }

    [Fact]
    public async Task A_catalog_from_before_there_was_a_record_keeps_its_repository_and_gets_no_other()
    {
        await using (var first = await StartAsync("data"))
        {
            await HandOverAsync(first);
        }

        await RunAsync("DELETE FROM service");
        Directory.Move(_folder["data", "repository"], _folder["unmounted"]);
        Assert.Equal(FailureKind.NotFound, (await Assert.ThrowsAsync<HoldfastException>(() => StartAsync("data"))).Kind);

        Directory.CreateDirectory(_folder["data", "repository"]);
        Assert.Contains(
            "Is it mounted?",
            (await Assert.ThrowsAsync<HoldfastException>(() => StartAsync("data"))).Message,
            StringComparison.Ordinal
        );
        Directory.Delete(_folder["data", "repository"]);
        Directory.Move(_folder["unmounted"], _folder["data", "repository"]);
        await using (var adopted = await StartAsync("data"))
        {
            Assert.Equal(
                ["admin", "boss"],
                (await adopted.Services.GetRequiredService<AccountStore>().ListAsync(Cancel)).Select(account => account.Name)
            );
        }

        Directory.Move(_folder["data", "repository"], _folder["unmounted"]);
        Assert.Contains(
            "belongs to repository",
            (await Assert.ThrowsAsync<HoldfastException>(() => StartAsync("data"))).Message,
            StringComparison.Ordinal
        );
    }

    /// <summary>The admin becomes a reader under another project's name; another user is the admin.</summary>
    private static async Task HandOverAsync(HoldfastServer server)
    {
        var (accounts, projects, administration) = (
            server.Services.GetRequiredService<AccountStore>(),
            server.Services.GetRequiredService<ProjectStore>(),
            server.Services.GetRequiredService<Administration>()
        );
        var admin = await accounts.FindByNameAsync("admin", Cancel) ?? throw new InvalidOperationException("no admin");
        var home = await projects.FindByNameAsync("default", Cancel) ?? throw new InvalidOperationException("no project");
        var boss = await accounts.CreateAsync("boss", "pass word", Cancel) ?? throw new InvalidOperationException("made twice");
        Assert.Equal(
            AdministrationOutcome.Done,
            await administration.GrantAsync(boss.Id, (await projects.EnsureAsync("ops", Cancel)).Id, Role.Admin, Cancel)
        );
        Assert.Equal(AdministrationOutcome.Done, await administration.GrantAsync(admin.Id, home.Id, Role.Reader, Cancel));
        Assert.Equal(AdministrationOutcome.Done, await administration.RevokeAsync(admin.Id, home.Id, Role.Admin, Cancel));
        Assert.Equal(
            AdministrationOutcome.Done,
            await administration.UpdateProjectAsync(home.Id, new ProjectChange { Name = "prod" }, Cancel)
        );
    }

    private async Task RunAsync(string sql)
    {
        await using var catalog = Control.Catalog.CatalogDatabase.OpenSqlite(_folder["data", "catalog.db"]);
        await using var tx = await catalog.BeginAsync(Cancel);
        await tx.ExecuteAsync(sql, null, Cancel);
        await tx.CommitAsync(Cancel);
    }

    [Fact]
    public async Task A_service_is_opened_by_a_passphrase_where_one_is_set()
    {
        var passphrase = ("HOLDFAST_Repository__PassphraseFile", _folder.File("passphrase", "correct horse\n"u8.ToArray()));
        await using (var first = await StartAsync("data", passphrase))
        {
            Assert.Null(first.First.KeyFile);
            Assert.Equal("passphrase", Assert.Single(await KeysAsync(first)).Kind);
        }

        Assert.False(File.Exists(_folder["data", "repository.key"]));
        await using (var second = await StartAsync("data", passphrase))
        {
            Assert.Single(await KeysAsync(second));
        }

        _folder.File("passphrase", "wrong horse\n"u8.ToArray());
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => StartAsync("data", passphrase));
        Assert.Equal(FailureKind.WrongKey, refused.Kind);

        static Task<IReadOnlyList<RepositoryKey>> KeysAsync(HoldfastServer server) =>
            server.Services.GetRequiredService<Repository>().Keys.ListAsync(Cancel);
    }

    [Fact]
    public async Task The_limits_that_are_set_hold_from_the_start()
    {
        await using var server = await StartAsync(
            "data",
            ("HOLDFAST_Limits__ReadBytesPerSecond", "1000"),
            ("HOLDFAST_Limits__StoreWriteBytesPerSecond", "2000"),
            ("HOLDFAST_Limits__StoreReadBytesPerSecond", "3000")
        );

        var limits = server.Services.GetRequiredService<Repository>().Limits;
        Assert.Equal(
            (1000, 2000, 3000),
            (limits.VolumeRead.BytesPerSecond, limits.StoreWrite.BytesPerSecond, limits.StoreRead.BytesPerSecond)
        );
    }

    private Task<HoldfastServer> StartAsync(string data, params (string Name, string Value)[] environment) =>
        HoldfastServer.StartAsync(Read(data, environment), TimeProvider.System, _ => { }, Cancel);

    private ServerSettings Read(string data, params (string Name, string Value)[] environment) =>
        SettingsReader.Read(
            null,
            environment.ToDictionary(pair => pair.Name, pair => pair.Value),
            new Dictionary<string, string?>
            {
                ["Data"] = _folder[data],
                ["Listen"] = "http://127.0.0.1:0",
                ["Logging:Level"] = "None",
            },
            _folder[data]
        );
}
