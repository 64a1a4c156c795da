using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Hosting;
using Holdfast.Server.OpenApi;
using Holdfast.Server.Settings;
using Holdfast.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

[assembly: AssemblyFixture(typeof(Holdfast.Server.Tests.TestServer))]

namespace Holdfast.Server.Tests;

/// <summary>The whole service on a free port of the loopback, with SQLite and a repository in a folder, and a client that is logged in as
/// its admin.</summary>
public sealed class TestServer : IAsyncLifetime
{
    public const string Password = "correct horse";

    /// <summary>For what comes for certain, how late ever; it only ends a test that would hang.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly int Begun = TimeProvider.System.GetUtcNow().Hour;

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _environment = new()
    {
        ["HOLDFAST_ADMIN_PASSWORD"] = Password,
        ["HOLDFAST_Policies__MaxPerProject"] = "100000",

        // Neither the hour of the night nor the disk that the tests run on has a say in what a test finds.
        ["HOLDFAST_Upkeep__PruneAt"] = "",
        ["HOLDFAST_Upkeep__DrillAt"] = "",
        ["HOLDFAST_Upkeep__ExportAt"] = "",
        ["HOLDFAST_Upkeep__CheckAt"] = "",
        ["HOLDFAST_Upkeep__CopyAt"] = "",
        ["HOLDFAST_Health__FreeSpaceMiB"] = "0",
    };
    private HoldfastServer? _server;

    public HttpClient Http { get; private set; } = new();

    public string Token { get; private set; } = "";

    public string Project { get; private set; } = "";

    internal HoldfastServer Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public string Folder => _folder.FullPath;

    /// <summary>A time of day, UTC, that does not come while the tests run, whenever they began: half a day away, or so many hours
    /// more.</summary>
    public static string FarHour(int more = 0) => $"{(Begun + 12 + more) % 24:00}:00";

    /// <summary>One of a test's own, with other settings, by the names of the environment's variables.</summary>
    public static async Task<TestServer> StartAsync(params (string Variable, string Value)[] settings)
    {
        var server = new TestServer();
        foreach (var (variable, value) in settings)
        {
            server._environment[variable] = value;
        }

        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync()
    {
        var settings = SettingsReader.Read(
            file: null,
            _environment,
            new Dictionary<string, string?>
            {
                ["Data"] = _folder["data"],
                ["Listen"] = "http://127.0.0.1:0",
                ["Logging:Level"] = "None",
            },
            _folder["data"]
        );
        _server = await HoldfastServer.StartAsync(settings, TimeProvider.System, _ => { }, CancellationToken.None);
        Http = new HttpClient { BaseAddress = _server.Address };
        await FirstPassesAsync(_server);
        if (settings.IsKeystone)
        {
            return; // it has no users, so no admin
        }

        var (token, answer) = await LogInAsync("admin", Password, "default");
        Token = token;
        Project = answer.GetProperty("token").GetProperty("project").GetProperty("id").GetString() ?? "";
    }

    /// <summary>Waits until every loop of a service has passed once: what they do at its start then changes nothing under a test.</summary>
    internal static Task FirstPassesAsync(HoldfastServer server) =>
        Task.WhenAll(server.Services.GetServices<IHostedService>().OfType<LoopService>().Select(loop => loop.FirstPass))
            .WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async Task<(string Token, JsonElement Answer)> LogInAsync(string user, string password, string? project)
    {
        var scope = project is null ? "" : $$""", "scope": {"project": {"name": "{{project}}", "domain": {"name": "Default"} } }""";
        var body =
            $$"""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "{{user}}", "password": "{{password}}","""
                + $$""" "domain": {"name": "Default"} } } }{{scope}} } }""";
        using var response = await Http.PostAsync(new Uri("/identity/v3/auth/tokens", UriKind.Relative), Json(body));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (
            response.Headers.GetValues("X-Subject-Token").Single(),
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement
        );
    }

    /// <summary>Sends a request. <c>{p}</c> in the path stands for the project; a null token sends none; a subject is a token that is asked
    /// about, a version that of the header <c>OpenStack-API-Version</c>.</summary>
    public async Task<Answer> SendAsync(
        string method,
        string path,
        string? body = null,
        string? token = "mine",
        string contentType = "application/json",
        string? subject = null,
        bool own = false,
        string? version = null
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{p}", Project, StringComparison.Ordinal));
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Auth-Token", token == "mine" ? Token : token);
        }

        if (own)
        {
            request.Headers.Add("Holdfast-Members", "true");
        }

        if (version is not null)
        {
            request.Headers.TryAddWithoutValidation("OpenStack-API-Version", version);
        }

        if (subject is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Subject-Token", subject);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = new(contentType);

            // A body that is refused unread must not be half sent when the answer comes.
            request.Headers.ExpectContinue = body.Length > 1_000_000;
        }

        using var response = await Http.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync())
        {
            Headers = response
                .Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
        };
    }

    /// <summary>A file of so many random bytes, where a volume may be.</summary>
    public string AddFile(string name, int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return _folder.File($"{name}.img", bytes);
    }

    /// <summary>Registers a new file of so many random bytes as a volume.</summary>
    public async Task<string> AddVolumeAsync(string name, int length = 200_000)
    {
        var file = AddFile(name, length);
        return (
                await SendAsync(
                    "POST",
                    "/v3/{p}/os-volume-manage",
                    $$"""{"volume": {"name": "{{name}}", "ref": {"source-name": "{{file}}"} } }"""
                )
            )
                .Expect(202)
                .GetProperty("volume")
                .GetProperty("id")
                .GetString()
            ?? "";
    }

    /// <summary>Backs a volume up and waits until that is done.</summary>
    public async Task<string> BackUpAsync(string volume, string name)
    {
        var id =
            (await SendAsync("POST", "/v3/{p}/backups", $$"""{"backup": {"volume_id": "{{volume}}", "name": "{{name}}"} }"""))
                .Expect(202)
                .GetProperty("backup")
                .GetProperty("id")
                .GetString()
            ?? "";
        await WaitForAsync($"/v3/{{p}}/backups/{id}", "backup", "available");
        return id;
    }

    public Task WaitForJobAsync(string job, string status) => WaitForAsync($"/v1/{{p}}/jobs/{job}", member: null, status);

    /// <summary>Waits until what a path shows has a status.</summary>
    public async Task WaitForAsync(string path, string? member, string status)
    {
        var now = "";
        await UntilAsync(
            async () =>
            {
                var answer = (await SendAsync("GET", path)).Expect(200);
                now = (member is null ? answer : answer.GetProperty(member)).GetProperty("status").GetString();
                Assert.False(now != status && now is ("SUCCESS" or "FAIL"), $"{path} is {now} and never {status}.");
                return now == status;
            },
            () => $"{path} is {now} and not {status}"
        );
    }

    /// <summary>Asks again and again until it is so.</summary>
    /// <param name="trouble">What there is to say where it is never so.</param>
    public static async Task UntilAsync(Func<Task<bool>> isSo, Func<string> trouble)
    {
        for (var waited = Stopwatch.StartNew(); !await isSo();)
        {
            Assert.True(waited.Elapsed < Patience, $"{trouble()} after {waited.Elapsed}.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The endpoints that are mapped and stand in the document, with the path as their pattern.</summary>
    public IReadOnlyList<(string Method, string Pattern, Endpoint Endpoint)> Endpoints() =>
        [.. AllEndpoints().Where(operation => ApiDocument.IsDocumented(operation.Endpoint))];

    /// <summary>Every endpoint that is mapped, wherever it is told or not.</summary>
    public IReadOnlyList<(string Method, string Pattern, Endpoint Endpoint)> AllEndpoints() =>
        [
            .. from endpoint in Server
                .Services.GetServices<EndpointDataSource>()
                .SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Distinct()
            from operation in ApiDocument.OperationsOf(endpoint)
            select (operation.Method, operation.Pattern, (Endpoint)endpoint),
        ];

    /// <summary>A token for an account of a test's own, with a role in a project that is made where it is not there.</summary>
    public async Task<(string Token, string Project)> MakeCallerAsync(string name, Role role, string project)
    {
        var (services, cancel) = (Server.Services, TestContext.Current.CancellationToken);
        var made = await services.GetRequiredService<ProjectStore>().EnsureAsync(project, cancel);
        var account =
            await services.GetRequiredService<AccountStore>().CreateAsync(name, "pass word", cancel)
            ?? throw new InvalidOperationException("made twice");
        await services.GetRequiredService<AccountStore>().GrantAsync(account.Id, made.Id, role, cancel);
        return ((await LogInAsync(name, "pass word", project)).Token, made.Id.Value);
    }

    public async Task<string> CreatePolicyAsync(string name)
    {
        var body =
            $$"""{"backup_policy_name": "{{name}}", "scheduled_policy": {"start_time": "{{FarHour()}}", "frequency": 1,"""
                + """ "rentention_num": 10, "status": "ON"} }""";
        return (await SendAsync("POST", "/v2/{p}/backuppolicy", body)).Expect(200).GetProperty("backup_policy_id").GetString() ?? "";
    }

    /// <summary>One tag more than anything may have.</summary>
    public const string ElevenTags =
        """{"key":"a","value":""},{"key":"b","value":""},{"key":"c","value":""},{"key":"d","value":""},{"key":"e","value":""},"""
        + """{"key":"f","value":""},{"key":"g","value":""},{"key":"h","value":""},{"key":"i","value":""},{"key":"j","value":""},"""
        + """{"key":"k","value":""}""";

    /// <summary>Changes a row by hand: into a state that a test cannot wait for.</summary>
    public async Task ChangeCatalogAsync(string sql, object parameters)
    {
        await using var tx = await Server.Services.GetRequiredService<CatalogDatabase>().BeginAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await tx.ExecuteAsync(sql, parameters, TestContext.Current.CancellationToken));
        await tx.CommitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _folder.Dispose();
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}

/// <summary>What came back.</summary>
public sealed record Answer(int Status, string Text)
{
    /// <summary>Names in letters of either case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Two answers are the same where they say the same: every one has an id of its own among its headers.</summary>
    public bool Equals(Answer? other) => other is not null && (Status, Text) == (other.Status, other.Text);

    public override int GetHashCode() => HashCode.Combine(Status, Text);

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public override string ToString() => $"{Status} {(Text.Length > 1000 ? Text[..1000] : Text)}";

    public JsonElement Expect(int status)
    {
        Assert.True(status == Status, $"{Status} {Text}");
        return Text.Length == 0 ? default : Json;
    }

    /// <summary>The code in an error body of the policy family, which holds code and message and nothing else.</summary>
    public string ExpectError(int status)
    {
        var error = Expect(status).EnumerateObject().Single();
        Assert.Equal("error", error.Name);
        Assert.Equal(["code", "message"], error.Value.EnumerateObject().Select(member => member.Name));
        Assert.NotEmpty(error.Value.GetProperty("message").GetString() ?? "");
        return error.Value.GetProperty("code").GetString() ?? "";
    }
}
