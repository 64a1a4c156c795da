using Holdfast.Control.Users;
using Holdfast.Server.Console;
using Holdfast.Server.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Console;

/// <summary>Who gets into the console, and what they may do there: by a table, written by hand, over everything that is mapped.</summary>
public sealed class ConsoleAccessTests(TestServer server)
{
    private const string Table = """
        Reader GET,HEAD /console
        Reader GET,HEAD /console/volumes
        Admin  GET,HEAD /console/volumes/new
        Admin  POST     /console/volumes/new
        Reader GET,HEAD /console/volumes/{volume}
        Member POST     /console/volumes/{volume}/backup
        Admin  POST     /console/volumes/{volume}/drill
        Member POST     /console/volumes/{volume}/policy
        Member POST     /console/volumes/{volume}/name
        Admin  POST     /console/volumes/{volume}/accept
        Admin  POST     /console/volumes/{volume}/remove
        Reader GET,HEAD /console/policies
        Member GET,HEAD /console/policies/new
        Member POST     /console/policies/new
        Reader GET,HEAD /console/policies/{policy}
        Member GET,HEAD /console/policies/{policy}/edit
        Member POST     /console/policies/{policy}/edit
        Member POST     /console/policies/{policy}/run
        Member POST     /console/policies/{policy}/switch
        Member POST     /console/policies/{policy}/join
        Member POST     /console/policies/{policy}/leave
        Member POST     /console/policies/{policy}/tag
        Member POST     /console/policies/{policy}/untag
        Member POST     /console/policies/{policy}/delete
        Reader GET,HEAD /console/jobs
        Reader GET,HEAD /console/jobs/{job}
        Member POST     /console/jobs/{job}/cancel
        Reader GET,HEAD /console/backups
        Reader GET,HEAD /console/backups/deleted
        Reader GET,HEAD /console/backups/{backup}
        Member GET,HEAD /console/backups/{backup}/restore
        Member POST     /console/backups/{backup}/restore
        Member POST     /console/backups/{backup}/share
        Member POST     /console/backups/{backup}/unshare
        Member POST     /console/backups/{backup}/delete
        Member POST     /console/backups/{backup}/undelete
        Member POST     /console/backups/{backup}/purge
        Reader GET,HEAD /console/drills
        Admin  POST     /console/drills
        Admin  GET,HEAD /console/repository
        Admin  POST     /console/repository
        Admin  GET,HEAD /console/settings
        Admin  POST     /console/settings/limits
        Admin  GET,HEAD /console/users
        Admin  POST     /console/users/new
        Admin  POST     /console/users/switch
        Admin  POST     /console/users/grant
        Admin  POST     /console/users/revoke
        Admin  POST     /console/projects/new
        Admin  GET,HEAD /console/notifications
        Admin  POST     /console/notifications/targets
        Admin  POST     /console/notifications/targets/{target}/test
        Admin  POST     /console/notifications/targets/{target}/remove
        Admin  POST     /console/notifications/rules
        Admin  POST     /console/notifications/rules/{rule}/remove
        Admin  GET,HEAD /console/audit
        Admin  POST     /console/audit/verify
        Reader GET,HEAD /console/keys
        Reader POST     /console/keys/new
        Reader POST     /console/keys/delete
        Reader POST     /console/keys/password
        Reader GET,HEAD /console/project
        Reader POST     /console/project
        Reader POST     /console/theme
        Reader POST     /console/sign-out
        Open   GET      /console/sign-in
        Open   POST     /console/sign-in
        Open   GET      /console/assets/{hash}/{name}
        Open   GET      /console/{**rest}
        """;

    /// <summary>Nothing has it.</summary>
    private const string NoId = "01a22420-0000-7000-8000-000000000000";

    private static readonly IReadOnlyList<(string Role, string Methods, string Pattern)> Rows =
    [
        .. Table
            .Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => (words[0], words[1], words[2])),
    ];

    [Fact]
    public void The_table_has_all_there_is_and_says_who_may()
    {
        var mapped =
            from endpoint in server.AllEndpoints()
            where endpoint.Pattern.StartsWith(ConsoleAddress.Root, StringComparison.Ordinal)
            let role = endpoint.Endpoint.Metadata.GetMetadata<NeedsSession>()?.Role.ToString() ?? "Open"
            select $"{role} {endpoint.Method} {endpoint.Pattern}";
        var written = Rows.SelectMany(row => row.Methods.Split(',').Select(method => $"{row.Role} {method} {row.Pattern}"));
        Assert.Equal(written.Order(StringComparer.Ordinal), mapped.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Nobody_gets_where_their_role_does_not_let_them()
    {
        await server.MakeCallerAsync("console_reader", Role.Reader, "default");
        await server.MakeCallerAsync("console_member", Role.Member, "default");
        using var nobody = new Browser(server);
        using var reader = await Browser.SignInAsync(server, "console_reader", "pass word");
        using var member = await Browser.SignInAsync(server, "console_member", "pass word");
        foreach (
            var (role, methods, pattern) in Rows.Where(
                row => row.Role != "Open" && !row.Pattern.EndsWith("/sign-out", StringComparison.Ordinal)
            )
        )
        {
            var path = pattern[ConsoleAddress.Root.Length..]
                .Replace("{job}", NoId.Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal)
                .Replace("{volume}", NoId, StringComparison.Ordinal)
                .Replace("{policy}", NoId, StringComparison.Ordinal)
                .Replace("{backup}", NoId, StringComparison.Ordinal);
            if (methods == "POST")
            {
                Assert.Equal((pattern, 401), (pattern, (await nobody.PostAsync(path, [("proof", "")])).Status));
                Assert.Equal((pattern, role is "Member" or "Admin"), (pattern, (await reader.SubmitAsync(path)).Status == 403));
                Assert.Equal((pattern, role is "Admin"), (pattern, (await member.SubmitAsync(path)).Status == 403));
            }
            else
            {
                var sent = await nobody.GetAsync(path);
                Assert.Equal((pattern, 302), (pattern, sent.Status));
                Assert.StartsWith("/console/sign-in?to=", sent.Location, StringComparison.Ordinal);
                Assert.Equal((pattern, role is "Member" or "Admin"), (pattern, (await reader.GetAsync(path)).Status == 403));
                Assert.Equal((pattern, role is "Admin"), (pattern, (await member.GetAsync(path)).Status == 403));
            }
        }
    }

    [Fact]
    public async Task A_form_of_another_site_another_session_or_another_project_does_nothing()
    {
        await server.MakeCallerAsync("console_forms", Role.Admin, "console_forms");
        using var admin = await Browser.SignInAsync(server, "console_forms", "pass word", "console_forms");
        using var other = await Browser.SignInAsync(server, "admin", TestServer.Password);
        var (own, foreign) = (await admin.GetAsync("/project"), await other.GetAsync("/project"));
        (string, string)[] Fields(string proof, string project) => [("proof", proof), ("project", project), ("name", "made-by-a-form")];
        var good = Fields(own.Field("proof"), own.Field("project"));

        Assert.Equal(403, (await admin.PostAsync("/projects/new", Fields("", own.Field("project")))).Status);
        Assert.Equal(403, (await admin.PostAsync("/projects/new", Fields(foreign.Field("proof"), own.Field("project")))).Status);
        Assert.Equal(409, (await admin.PostAsync("/projects/new", Fields(own.Field("proof"), foreign.Field("project")))).Status);
        Assert.Equal(403, (await admin.PostAsync("/projects/new", good, ("Origin", "https://evil.example"))).Status);
        Assert.Equal(403, (await admin.PostAsync("/projects/new", good, ("Sec-Fetch-Site", "cross-site"))).Status);
        Assert.Equal(403, (await admin.PostAsync("/projects/new", good, ("Sec-Fetch-Site", "same-site"))).Status);
        Assert.DoesNotContain("made-by-a-form", (await admin.GetAsync("/users")).Text, StringComparison.Ordinal);

        var origin = server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        Assert.Equal(303, (await admin.PostAsync("/projects/new", good, ("Origin", origin), ("Sec-Fetch-Site", "same-origin"))).Status);
        Assert.Contains("made-by-a-form", (await admin.GetAsync("/users")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_ends_with_the_rights_that_it_stands_on()
    {
        var accounts = server.Server.Services.GetRequiredService<AccountStore>();
        await server.MakeCallerAsync("console_leaver", Role.Member, "default");
        using var leaver = await Browser.SignInAsync(server, "console_leaver", "pass word");
        Assert.Equal(200, (await leaver.GetAsync("")).Status);

        using var admin = await Browser.SignInAsync(server, "admin", TestServer.Password);
        var account = await accounts.FindByNameAsync("console_leaver", TestContext.Current.CancellationToken);
        Assert.Equal(303, (await admin.SubmitAsync("/users/switch", ("user", account!.Id.Value), ("enabled", "false"))).Status);

        Assert.Equal(302, (await leaver.GetAsync("")).Status);
        Assert.Equal(401, (await leaver.PostAsync("/theme", [("theme", "dark")])).Status);
    }

    [Fact]
    public async Task Signing_out_ends_the_token_and_not_the_cookie_alone()
    {
        await server.MakeCallerAsync("console_out", Role.Reader, "default");
        using var browser = await Browser.SignInAsync(server, "console_out", "pass word");
        var session = browser.Session;
        Assert.Equal(200, (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: session)).Status);

        Assert.Equal("/console/sign-in", (await browser.SubmitAsync("/sign-out")).Location);

        Assert.Equal(401, (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: session)).Status);
        Assert.Equal(302, (await browser.GetAsync("")).Status);
    }

    [Fact]
    public async Task The_cookie_is_for_the_console_alone_and_no_page_holds_a_secret()
    {
        using var browser = new Browser(server);
        var wrong = await browser.PostAsync("/sign-in", [("user", "admin"), ("password", "wrong"), ("to", "/console/jobs")]);
        Assert.Equal(401, wrong.Status);
        Assert.Contains("User, password or project is not right.", wrong.Text, StringComparison.Ordinal);

        var signed = await browser.PostAsync(
            "/sign-in",
            [("user", "admin"), ("password", TestServer.Password), ("project_name", "default")]
        );
        var cookie = signed.Headers["Set-Cookie"].ToLowerInvariant();
        Assert.All(["path=/console", "httponly", "samesite=lax"], part => Assert.Contains(part, cookie, StringComparison.Ordinal));
        foreach (var path in (string[])["", "/keys", "/settings", "/users", "/repository", "/project"])
        {
            var page = await browser.GetAsync(path);
            Assert.Equal(200, page.Status);
            Assert.DoesNotContain(browser.Session, page.Text, StringComparison.Ordinal);
            Assert.Contains("script-src 'self'", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.DoesNotContain(" style=", page.Text, StringComparison.Ordinal);
            Assert.Equal("no-store", page.Headers["Cache-Control"]);
        }
    }

    [Theory]
    [InlineData("https://evil.example/console/", "/console")]
    [InlineData("//evil.example", "/console")]
    [InlineData("/console//evil.example", "/console")]
    [InlineData("/console/\\evil.example", "/console")]
    [InlineData("javascript:alert(1)", "/console")]
    [InlineData("/console/jobs?kind=prune", "/console/jobs?kind=prune")]
    public async Task Signing_in_leads_to_a_page_of_the_console_and_nowhere_else(string to, string expected)
    {
        using var browser = new Browser(server);
        var sent = await browser.PostAsync(
            "/sign-in",
            [("user", "admin"), ("password", TestServer.Password), ("project_name", "default"), ("to", to)]
        );
        Assert.Equal((303, expected), (sent.Status, sent.Location));
    }

    [Fact]
    public async Task A_browser_finds_the_console_where_programs_find_the_versions()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Http.BaseAddress };
        using var answer = await client.SendAsync(request);
        Assert.Equal(302, (int)answer.StatusCode);
        Assert.EndsWith("/console", answer.Headers.Location?.OriginalString, StringComparison.Ordinal);
        Assert.Equal(300, (await server.SendAsync("GET", "/", token: null)).Status);
    }
}
