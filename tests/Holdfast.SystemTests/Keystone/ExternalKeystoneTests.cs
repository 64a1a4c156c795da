using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests.Keystone;

/// <summary>A service whose users belong to a real Keystone: HOLDFAST_TEST_KEYSTONE=http://…/v3, whose admin is
/// admin/admin-secret.</summary>
public sealed class ExternalKeystoneTests : IAsyncLifetime
{
    private static readonly string? Keystone = Environment.GetEnvironmentVariable("HOLDFAST_TEST_KEYSTONE");

    private readonly TempFolder _home = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });
    private readonly string _suffix = Guid.CreateVersion7().ToString("N")[20..];
    private string _admin = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Keystone is null, "HOLDFAST_TEST_KEYSTONE is not set: no Keystone to test on");
        _admin = await LogInAsync("admin", "admin-secret", "default", Scope("admin"));
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        _home.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Tokens_of_a_Keystone_open_their_project_until_they_are_revoked()
    {
        var project = await MakeAsync("project", new { name = $"team-{_suffix}", domain_id = "default" });
        var user = await MakeAsync(
            "user",
            new
            {
                name = $"anna-{_suffix}",
                password = "pass word",
                domain_id = "default",
            }
        );
        var member = (await KeystoneAsync("GET", "/roles?name=member")).GetProperty("roles")[0].GetProperty("id").GetString();
        await KeystoneAsync("PUT", $"/projects/{project}/users/{user}/roles/{member}");
        var token = await LogInAsync($"anna-{_suffix}", "pass word", "default", Scope($"team-{_suffix}"));
        using var service = await RunningService.StartAsync(_home, withPassword: false, Settings(Keystone ?? "", cacheSeconds: 1));
        Assert.DoesNotContain(service.LinesBeforeReady, line => line.Contains("password", StringComparison.Ordinal));
        Assert.Equal(Keystone, service.Identity.ToString());

        const string Policy =
            """{"backup_policy_name": "nightly", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10"""
                + """, "status": "ON"} }""";
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, HttpMethod.Post, $"/v2/{project}/backuppolicy", token, Policy));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, HttpMethod.Get, $"/v2/{project}/backuppolicy", token));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(service, HttpMethod.Get, $"/v2/{new string('0', 32)}/backuppolicy", token));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(service, HttpMethod.Post, $"/v3/{project}/os-volume-manage", token, "{}"));
        foreach (
            var invented in (string[])
                [
                    "not-a-token",
                    $"gAAAAA{new string('B', 180)}",
                    "%00%ff",
                    "\"'<>",
                    "../../x",
                    new string('g', 4000),
                    new string('g', 20_000),
                ]
        )
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(service, HttpMethod.Get, $"/v2/{project}/backuppolicy", invented));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(service, HttpMethod.Post, "/identity/v3/auth/tokens", null, "{}"));

        await KeystoneAsync("DELETE", "/auth/tokens", subject: token);
        using var late = new CancellationTokenSource(HoldfastProcess.Patience);
        while (await AskAsync(service, HttpMethod.Get, $"/v2/{project}/backuppolicy", token) != HttpStatusCode.Unauthorized)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, late.Token);
        }
    }

    /// <summary>Two users of a domain of its own: one is its project's admin, the other has the role that the settings name.</summary>
    [Fact]
    public async Task Operators_are_who_has_the_role_that_is_set_and_a_token_of_a_domain_opens_no_project()
    {
        var domain = await MakeAsync("domain", new { name = $"other-{_suffix}" });
        var project = await MakeAsync("project", new { name = $"team-{_suffix}", domain_id = domain });
        var operators = await MakeAsync("role", new { name = $"operator-{_suffix}" });
        var admin = (await KeystoneAsync("GET", "/roles?name=admin")).GetProperty("roles")[0].GetProperty("id").GetString();
        foreach (var (name, role) in new[] { ("carl", admin), ("dora", operators) })
        {
            var user = await MakeAsync(
                "user",
                new
                {
                    name = $"{name}-{_suffix}",
                    password = "pass word",
                    domain_id = domain,
                }
            );
            await KeystoneAsync("PUT", $"/projects/{project}/users/{user}/roles/{role}");
            await KeystoneAsync("PUT", $"/domains/{domain}/users/{user}/roles/{role}");
        }

        var scope = $$"""{"project": {"id": "{{project}}"} }""";
        var carl = await LogInAsync($"carl-{_suffix}", "pass word", domain, scope);
        var dora = await LogInAsync($"dora-{_suffix}", "pass word", domain, scope);
        var ofDomain = await LogInAsync($"dora-{_suffix}", "pass word", domain, $$"""{"domain": {"id": "{{domain}}"} }""");
        using var service = await RunningService.StartAsync(
            _home,
            withPassword: false,
            Settings(Keystone ?? "", cacheSeconds: 60, adminRole: $"operator-{_suffix}")
        );
        Assert.Equal(HttpStatusCode.BadRequest, await AskAsync(service, HttpMethod.Post, $"/v3/{project}/os-volume-manage", dora, "{}"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(service, HttpMethod.Post, $"/v3/{project}/os-volume-manage", carl, "{}"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, HttpMethod.Get, $"/v2/{project}/backuppolicy", carl));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(service, HttpMethod.Get, $"/v2/{project}/backuppolicy", ofDomain));
    }

    [Fact]
    public async Task A_Keystone_that_is_away_makes_503_and_not_401()
    {
        using var service = await RunningService.StartAsync(
            _home,
            withPassword: false,
            Settings("http://127.0.0.1:1/v3", cacheSeconds: 60)
        );
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable,
            await AskAsync(service, HttpMethod.Get, $"/v2/{new string('0', 32)}/backuppolicy", _admin)
        );
    }

    [Fact]
    public async Task A_person_signs_in_to_the_console_with_a_password_changes_the_project_and_signs_out()
    {
        var domain = await MakeAsync("domain", new { name = $"people-{_suffix}" });
        var user = await MakeAsync(
            "user",
            new
            {
                name = $"emma-{_suffix}",
                password = "pass wörd",
                domain_id = domain,
            }
        );
        var member = (await KeystoneAsync("GET", "/roles?name=member")).GetProperty("roles")[0].GetProperty("id").GetString();
        foreach (var name in (string[])["one", "two"])
        {
            var project = await MakeAsync("project", new { name = $"{name}-{_suffix}", domain_id = domain });
            await KeystoneAsync("PUT", $"/projects/{project}/users/{user}/roles/{member}");
        }

        using var service = await RunningService.StartAsync(_home, withPassword: false, Settings(Keystone ?? "", cacheSeconds: 300));
        using var browser = new ConsoleForms(service.Address);
        (string, string)[] Fields(string password, string project) =>
            [("user", $"emma-{_suffix}"), ("password", password), ("domain", $"people-{_suffix}"), ("project_name", project)];

        Assert.Equal(401, (await browser.PostAsync("/sign-in", Fields("wrong", ""))).Status);
        Assert.Equal(401, (await browser.PostAsync("/sign-in", Fields("pass wörd", $"three-{_suffix}"))).Status);
        Assert.Equal(303, (await browser.PostAsync("/sign-in", Fields("pass wörd", ""))).Status);
        var (first, page) = (browser.Session, (await browser.GetAsync("/project")).Text);
        Assert.Contains($"You look at <b><bdi>one-{_suffix}</bdi></b>", page, StringComparison.Ordinal);
        var other = Regex.Match(page, $"value=\"([0-9a-f]{{32}})\" />\\s*<button>Change to <bdi>two-{_suffix}").Groups[1].Value;

        Assert.Equal(303, (await browser.SubmitAsync("/project", ("to_project", other))).Status);
        var second = browser.Session;
        page = (await browser.GetAsync("/project")).Text;
        Assert.Contains($"You look at <b><bdi>two-{_suffix}</bdi></b>", page, StringComparison.Ordinal);
        Assert.False(await IsKnownAsync(first));
        Assert.True(await IsKnownAsync(second));

        Assert.Equal(303, (await browser.SubmitAsync("/sign-out")).Status);
        Assert.False(await IsKnownAsync(second));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(service, HttpMethod.Get, $"/v2/{other}/backuppolicy", second));
    }

    private async Task<bool> IsKnownAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Keystone}/auth/tokens");
        request.Headers.Add("X-Auth-Token", _admin);
        request.Headers.Add("X-Subject-Token", token);
        using var response = await _http.SendAsync(request, Cancel);
        return response.StatusCode == HttpStatusCode.OK;
    }

    private string[] Settings(string url, int cacheSeconds, string adminRole = "admin")
    {
        var file = _home.File(
            "settings.json",
            Encoding.UTF8.GetBytes(
                $$"""
                {"Identity": {"Mode": "Keystone", "Keystone": {"Url": "{{url}}", "Username": "admin",
                "Password": "admin-secret", "Project": "admin", "AdminRole": "{{adminRole}}",
                "CacheSeconds": {{cacheSeconds}}, "TimeoutSeconds": 20} } }
                """
            )
        );
        return ["--config", file];
    }

    private async Task<string> MakeAsync(string kind, object members) =>
        (await KeystoneAsync("POST", $"/{kind}s", JsonSerializer.Serialize(new Dictionary<string, object> { [kind] = members })))
            .GetProperty(kind)
            .GetProperty("id")
            .GetString()
        ?? "";

    private async Task<JsonElement> KeystoneAsync(string method, string path, string? body = null, string? subject = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Keystone + path);
        request.Headers.Add("X-Auth-Token", _admin);
        if (subject is not null)
        {
            request.Headers.Add("X-Subject-Token", subject);
        }

        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private static string Scope(string project) => $$"""{"project": {"name": "{{project}}", "domain": {"id": "default"} } }""";

    private async Task<string> LogInAsync(string user, string password, string domain, string scope)
    {
        var body =
            $$"""{"auth": {"identity": {"methods": ["password"]"""
                + $$""", "password": {"user": {"name": "{{user}}", "password": "{{password}}", "domain": {"id": "{{domain}}"} } } }"""
                + $$""", "scope": {{scope}} } }""";
        using var response = await _http.PostAsync(
            new Uri($"{Keystone}/auth/tokens"),
            new StringContent(body, Encoding.UTF8, "application/json"),
            Cancel
        );
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    private async Task<HttpStatusCode> AskAsync(RunningService service, HttpMethod method, string path, string? token, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(service.Address, path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Auth-Token", token);
        }

        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
