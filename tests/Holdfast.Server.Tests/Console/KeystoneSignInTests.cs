using Holdfast.Control.Audit;
using Holdfast.Server.Tests.Identity.Keystone;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Console;

/// <summary>Signing in to the console where users are a Keystone's: by password, by token, and what is said where that fails.</summary>
public sealed class KeystoneSignInTests : IAsyncLifetime
{
    private FakeKeystone _keystone = null!; // made in InitializeAsync
    private TestServer _server = null!; // made in InitializeAsync

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _keystone = await FakeKeystone.StartAsync(Cancel);
        _server = await TestServer.StartAsync(_keystone.Settings());
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _keystone.DisposeAsync();
    }

    [Fact]
    public async Task The_form_asks_for_name_password_domain_and_project_and_takes_a_token_too()
    {
        using var browser = new Browser(_server);
        var page = await browser.GetAsync("/sign-in");

        Assert.All(
            ["name=\"user\"", "name=\"password\"", "name=\"project_name\"", "name=\"token\""],
            part => Assert.Contains(part, page.Text, StringComparison.Ordinal)
        );
        Assert.Equal("Default", page.Field("domain"));
        Assert.DoesNotContain("admin-password", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_gets_a_session_that_is_a_token_of_Keystone_and_ends_with_it()
    {
        using var browser = new Browser(_server);
        var signed = await SignInAsync(browser, project: "beta");

        Assert.Equal((303, "/console"), (signed.Status, signed.Location));
        Assert.Equal(_keystone.Tokens, [browser.Session]);
        var page = await browser.GetAsync("/project");
        Assert.Contains("You look at <b><bdi>beta</bdi></b>", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Session, page.Text, StringComparison.Ordinal);
        var audit = _server.Server.Services.GetRequiredService<AuditStore>();
        Assert.Contains(await audit.ListAsync(new AuditQuery { Actor = "anna", Limit = 10 }, Cancel), row => row.Event.Action == "sign-in");

        var session = browser.Session;
        Assert.Equal("/console/sign-in", (await browser.SubmitAsync("/sign-out")).Location);
        Assert.Empty(_keystone.Tokens);
        using var thief = new Browser(_server) { Session = session };
        Assert.Equal(302, (await thief.GetAsync("")).Status);
    }

    [Fact]
    public async Task Without_a_project_it_is_the_first_in_which_a_role_counts_and_one_can_change_to_the_others()
    {
        using var browser = new Browser(_server);
        Assert.Equal(303, (await SignInAsync(browser, project: "")).Status);
        Assert.Equal(_keystone.Tokens, [browser.Session]);
        Assert.Contains("<bdi>beta</bdi>", (await browser.GetAsync("/project")).Text, StringComparison.Ordinal);

        var first = browser.Session;
        Assert.Equal(303, (await browser.SubmitAsync("/project", ("to_project", "id-gamma"))).Status);
        Assert.NotEqual(first, browser.Session);
        Assert.Equal(_keystone.Tokens, [browser.Session]);
        Assert.Contains("You look at <b><bdi>gamma</bdi></b>", (await browser.GetAsync("/project")).Text, StringComparison.Ordinal);

        // No role that counts, no such project, and a Keystone that does not let tokens be changed: the session stays as it is.
        var second = browser.Session;
        foreach (var (project, rescope) in ((string, bool)[])[("id-alpha", true), ("id-none", true), ("id-beta", false)])
        {
            _keystone.MayRescope = rescope;
            Assert.Equal(303, (await browser.SubmitAsync("/project", ("to_project", project))).Status);
            Assert.Equal((second, second), (browser.Session, Assert.Single(_keystone.Tokens)));
        }

        Assert.Contains("does not let this session change", (await browser.GetAsync("")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anna", "wrong", "Default", "beta")]
    [InlineData("nobody", FakeKeystone.Password, "Default", "beta")]
    [InlineData("anna", FakeKeystone.Password, "Elsewhere", "beta")]
    [InlineData("anna", FakeKeystone.Password, "Default", "none")]
    public async Task What_is_not_right_is_told_as_one_and_no_token_is_left(string user, string password, string domain, string project)
    {
        using var browser = new Browser(_server);
        var answer = await browser.PostAsync(
            "/sign-in",
            [("user", user), ("password", password), ("domain", domain), ("project_name", project)]
        );

        Assert.Equal((401, ""), (answer.Status, browser.Session));
        Assert.Contains("User, password, domain or project is not right.", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(password, answer.Text, StringComparison.Ordinal);
        Assert.Equal((domain, project), (answer.Field("domain"), answer.Field("project_name")));
        Assert.Empty(_keystone.Tokens);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(302)]
    public async Task A_Keystone_that_does_not_answer_is_told_from_a_wrong_password(int fault)
    {
        _keystone.Fault = fault;
        using var browser = new Browser(_server);
        var answer = await SignInAsync(browser, project: "beta");

        Assert.Equal((503, ""), (answer.Status, browser.Session));
        Assert.Contains("Keystone does not answer", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("is not right", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_needs_another_proof_or_has_no_role_here_is_told_so()
    {
        using var browser = new Browser(_server);
        var roleless = await browser.PostAsync(
            "/sign-in",
            [("user", "otto"), ("password", FakeKeystone.Password), ("domain", "Default"), ("project_name", "alpha")]
        );
        var nowhere = await browser.PostAsync(
            "/sign-in",
            [("user", "otto"), ("password", FakeKeystone.Password), ("domain", ""), ("project_name", "")]
        );
        _keystone.WantsMore = true;
        var more = await SignInAsync(browser, project: "beta");

        Assert.Equal((403, 403, 401), (roleless.Status, nowhere.Status, more.Status));
        Assert.All([roleless, nowhere], page => Assert.Contains("no role that counts here", page.Text, StringComparison.Ordinal));
        Assert.Contains("wants more than a password", more.Text, StringComparison.Ordinal);
        Assert.Empty(_keystone.Tokens);
    }

    [Fact]
    public async Task Who_floods_the_door_is_sent_away_and_another_sites_form_is_not_read()
    {
        _keystone.Gate = new TaskCompletionSource();
        using var browser = new Browser(_server);
        var foreign = await browser.PostAsync("/sign-in", [("user", "anna")], ("Origin", "https://evil.example"));
        var tries = Enumerable.Range(0, 40).Select(_ => SignInAsync(browser, project: "beta")).ToList();

        // Four are asked about, sixteen of one address may wait.
        for (var away = 0; away < 20; away++)
        {
            var first = await Task.WhenAny(tries);
            tries.Remove(first);
            Assert.Equal(429, (await first).Status);
        }

        _keystone.Gate.SetResult();
        var pages = await Task.WhenAll(tries);

        Assert.Equal(403, foreign.Status);
        Assert.All(pages, page => Assert.Equal(303, page.Status));
    }

    [Fact]
    public async Task Keystone_saying_that_there_are_too_many_is_passed_on()
    {
        _keystone.Fault = 429;
        using var browser = new Browser(_server);

        Assert.Equal(429, (await SignInAsync(browser, project: "beta")).Status);
    }

    /// <summary>It may be in use elsewhere.</summary>
    [Fact]
    public async Task A_token_that_was_shown_is_a_session_and_does_not_end_with_it()
    {
        var token = _keystone.MakeToken("anna", "beta");
        using var browser = new Browser(_server);

        Assert.Equal(303, (await browser.PostAsync("/sign-in", [("token", token)])).Status);
        Assert.Equal(token, browser.Session);
        await browser.SubmitAsync("/sign-out");

        Assert.Equal((token, ""), (Assert.Single(_keystone.Tokens), browser.Session));
    }

    private static Task<Browser.Page> SignInAsync(Browser browser, string project) =>
        browser.PostAsync(
            "/sign-in",
            [("user", "anna"), ("password", FakeKeystone.Password), ("domain", "Default"), ("project_name", project)]
        );
}
