using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using Holdfast.Server.Errors;
using Holdfast.Server.OpenApi;
using Npgsql;

namespace Holdfast.Server.Tests.Errors;

/// <summary>Nothing that a client sends is answered with a failure of ours, and no answer tells what is inside.</summary>
public abstract partial class RandomRequestTests : IAsyncLifetime
{
    private const int RawRequests = 500;

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "-1", "1", "2.5", "1e99", "-0", "12345678901234567890", "\"\"", "\" \"", "\"x\"", "\"ON\"", "\"auto1\"", "\"default\"", "\"12:00\"", "\"UTC+01:00\"", "\"\\u0000\"", "\"\\ud800\"",
        "\"<b>\"", "\"ä€😀\"", "\"../../etc/passwd\"", "\"'; DROP TABLE backup;--\"", "\"%s%n\"", "[]", "[null]", "[[]]", "{}", "[\"MON\"]", "[{\"key\":\"a\",\"value\":\"b\"}]", "[{\"key\":\"a\",\"values\":[\"b\"]}]",
    ];

    private static readonly string[] Segments =
        ["none", "x", "%20", "%2e%2e", "..", "a%2Fb", "%E4", "%F0%9F%98%80", "%3Cb%3E", "%27", "00000000-0000-0000-0000-000000000000", "ffffffffffffffffffffffffffffffff", "detail", "tags", "action", "quota", "-1", new('a', 3000)];

    private static readonly string[] QueryNames =
        ["limit", "offset", "marker", "sort", "sort_key", "sort_dir", "status", "name", "name~", "status~", "volume_id", "volume_id~", "with_count", "all_tenants", "job_id", "share_to_me", "backup_id", "is_backup_id", "cascade", "from_project_id", "x", "", "size"];

    private static readonly string[] QueryValues =
        ["", "1", "0", "-1", "99999999999999999999", "1.5", "x", "true", "created_at", "name:asc", "name:up", "created_at:desc,name", ",", ":", "desc", "DESC", "available", "WAITING", "%00", "%zz", "%", "%C3%28", "%F0%9F%98%80", "%25", "a&b=c", "'", "%5B%5D", new('9', 400)];

    private static readonly string[] ContentTypes = ["application/json", "application/json;charset=utf-8", "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "garbage"];

    private static readonly string[] Versions = ["", "volume 3.45", "volume 3.99", "volume latest", "volume -1", "compute 2.1, volume 3.31", "volume", "volume x.y", "volume 3.99999999999999"];

    private readonly OperationTable _texts = OperationTable.Load();
    private TestServer _server = null!; // made in InitializeAsync, unless the test is skipped
    private Dictionary<string, string> _ids = [];
    private List<(string Method, string Pattern)> _operations = [];

    /// <summary>How many requests are sent over all operations.</summary>
    protected abstract int Requests { get; }

    public virtual async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync([("HOLDFAST_Policies__MaxPerProject", "20"), ("HOLDFAST_Quotas__Backups", "8"), .. Settings]);
        var volume = await _server.AddVolumeAsync("random", 100_000);
        var backup = await _server.BackUpAsync(volume, "b");
        _ids = new() { ["volume"] = volume, ["backup"] = backup, ["policy"] = await _server.CreatePolicyAsync("random"), ["key"] = "team", ["project"] = _server.Project, ["share"] = backup, ["job"] = new('0', 32) };

        // What would end the session, or what asks for the machine's own files, is tried by hand elsewhere.
        _operations = [.. _server.Endpoints().Select(operation => (operation.Method, operation.Pattern)).Where(operation => operation != ("DELETE", "/identity/v3/auth/tokens"))];
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    protected virtual (string, string)[] Settings => [];

    [Fact]
    public async Task Nothing_that_is_sent_makes_a_server_error_and_no_answer_names_an_internal_thing()
    {
        var answers = new int[600];
        await Request().SampleAsync(
            async request =>
            {
                using var response = await _server.Http.SendAsync(Message(request), TestContext.Current.CancellationToken);
                Interlocked.Increment(ref answers[(int)response.StatusCode]);
                Check((int)response.StatusCode, request.Path, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), request.ToString());
            },
            iter: Requests,
            threads: 2);

        // Requests that all fail at the door would show nothing.
        Assert.True(answers[200] > Requests / 40 && answers[400] > Requests / 40 && answers[404] > Requests / 40, string.Join(", ", answers.Select((n, status) => (status, n)).Where(a => a.n > 0)));
    }

    /// <summary>What a client's library would never send: bytes that are written by hand.</summary>
    [Fact]
    public async Task What_is_hardly_HTTP_gets_an_answer_below_500_or_none()
    {
        var targets = Gen.OneOf(
            Gen.OneOfConst("/v2/{p}/backuppolicy/%zz/tags", "/v2/{p}/backuppolicy/%", "/v2/{p}/backups/%C3%28", "/v2/{p}/backups/a%00b", "/v2/{p}/backups?name=%zz&limit=%", "//", "/v2/{p}//backups", "/v2/{p}/backups/../backups", "*", "http://elsewhere/v2/{p}/backups", "/v2/{p}/backups#x", "/v3/{p}/volumes?name=%ff%fe"),
            Gen.String[Gen.Char[' ', '~'], 0, 40].Select(text => $"/v2/{{p}}/{text}"));
        var headers = Gen.OneOfConst("", "Content-Length: 5\r\n", "Content-Length: -1\r\n", "Content-Length: 99999999999\r\n", "Transfer-Encoding: chunked\r\n", "Content-Type: \0\r\n", "X: y\r\n z\r\n", "Expect: 100-continue\r\n");
        var body = Gen.OneOfConst("", "{}", "5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "\0\0\0");
        var statuses = new List<int>();
        await Gen.Select(Gen.OneOfConst("GET", "POST", "PUT", "DELETE", "PATCH", "BREW", "GET\t"), targets, headers, body).SampleAsync(
            async sample =>
            {
                var (method, target, header, content) = sample;
                var text = await ExchangeAsync($"{method} {target.Replace("{p}", _server.Project, StringComparison.Ordinal)} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {_server.Token}\r\nConnection: close\r\n{header}\r\n{content}");
                if (text.Length == 0)
                {
                    return;
                }

                var status = int.Parse(text.AsSpan(9, 3));
                lock (statuses)
                {
                    statuses.Add(status);
                }

                Assert.True(status < 500, $"{status} for {method} {target} {header}");
                Assert.DoesNotMatch(Internal(), text);
            },
            iter: RawRequests,
            threads: 2);
        Assert.True(statuses.Count > RawRequests / 3, $"Only {statuses.Count} were answered.");
    }

    private sealed record Sent(string Method, string Path, string? Body, string ContentType, string Version, int Token)
    {
        public override string ToString() => $"{Method} {Path} [{ContentType}] [{Version}] {Body}";
    }

    private Gen<Sent> Request()
    {
        var operation = Gen.Int[0, _operations.Count - 1].Select(i => _operations[i]);
        var seeds = Gen.Int[0, int.MaxValue].Array[8];
        return Gen.Select(operation, Gen.OneOfConst("", "", "", "", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"), seeds, (what, method, seed) =>
        {
            var random = new Random(seed[0]);
            return new Sent(
                method.Length > 0 ? method : what.Method,
                PathOf(what.Pattern, random) + QueryOf(random),
                what.Method is "GET" or "DELETE" && random.Next(8) > 0 ? null : BodyOf(what, random),
                random.Next(5) > 0 ? "application/json" : ContentTypes[random.Next(ContentTypes.Length)],
                Versions[random.Next(Versions.Length)],
                random.Next(40));
        });
    }

    private string PathOf(string pattern, Random random)
    {
        var path = Parameter().Replace(pattern, match => match.Groups[1].Value == "project" || random.Next(3) > 0 ? _ids.GetValueOrDefault(match.Groups[1].Value, "none") : Segments[random.Next(Segments.Length)]);
        return random.Next(20) switch
        {
            0 => $"{path}/{Segments[random.Next(Segments.Length)]}",
            1 => $"{path}/",
            2 when path.Length > 10 => path[..random.Next(1, path.Length)],
            _ => path,
        };
    }

    private static string QueryOf(Random random) =>
        random.Next(2) == 0 ? "" : $"?{string.Join('&', Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{QueryNames[random.Next(QueryNames.Length)]}={QueryValues[random.Next(QueryValues.Length)]}"))}";

    /// <summary>The document's own example with real ids and some of its values changed, or something that is no body at all.</summary>
    private string BodyOf((string Method, string Pattern) operation, Random random)
    {
        if (random.Next(10) == 0)
        {
            return random.Next(5) switch { 0 => "", 1 => "{", 2 => "[]", 3 => new string('[', 100), _ => Scalars[random.Next(Scalars.Length)] };
        }

        var example = _texts.Find(operation.Method, operation.Pattern)?.Request?.DeepClone() ?? JsonNode.Parse("""{"restore": {"volume_id": "x"}, "a": 1}""");
        var text = Mutate(example, random) ?? "null";
        text = Volume().Replace(text, random.Next(3) > 0 ? _ids["volume"] : _ids["backup"]);

        // Not the files of the machine that runs the tests.
        text = text.Replace("/srv/", $"{_server.Folder}/", StringComparison.Ordinal);
        return random.Next(15) == 0 && text.Length > 2 ? text[..random.Next(1, text.Length)] : text;
    }

    private static string? Mutate(JsonNode? node, Random random)
    {
        if (random.Next(7) == 0)
        {
            return Scalars[random.Next(Scalars.Length)];
        }

        return node switch
        {
            JsonObject members => $"{{{string.Join(",", members.Where(_ => random.Next(10) > 0).Select(member => $"{JsonSerializer.Serialize(random.Next(40) == 0 ? "\ud800" : member.Key)}:{Mutate(member.Value, random)}"))}}}",
            JsonArray elements => $"[{string.Join(",", Enumerable.Range(0, random.Next(4)).Select(_ => Mutate(elements.Count > 0 ? elements[0] : null, random)))}]",
            _ => node?.ToJsonString() ?? "null",
        };
    }

    private HttpRequestMessage Message(Sent request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(_server.Http.BaseAddress + request.Path[1..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (request.Token > 0)
        {
            message.Headers.Add("X-Auth-Token", request.Token == 1 ? "hft_wrong" : _server.Token);
        }

        if (request.Version.Length > 0)
        {
            message.Headers.TryAddWithoutValidation("OpenStack-API-Version", request.Version);
        }

        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(request.Body));
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }

        return message;
    }

    private static void Check(int status, string path, string text, string request)
    {
        Assert.True(status < 500, $"{status} {text} for {request}");
        Assert.False(Internal().IsMatch(text), $"{text} for {request}");
        if (status < 400 || text.Length == 0)
        {
            // HEAD has no body, and Kestrel answers by itself what it cannot read.
            return;
        }

        var error = JsonDocument.Parse(text).RootElement.EnumerateObject().Single();
        var members = error.Value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.ValueKind);
        var family = ApiFamilies.Of(new(Uri.UnescapeDataString(path.Split('?')[0])));
        Assert.True(family is ApiFamily.Native ? error.Name != "error" && members["code"] == JsonValueKind.Number : error.Name == "error" && members["code"] == (family == ApiFamily.Identity ? JsonValueKind.Number : JsonValueKind.String), $"{text} for {request}");
        Assert.Equal(JsonValueKind.String, members["message"]);
    }

    private async Task<string> ExchangeAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Http.BaseAddress?.Host ?? "", _server.Http.BaseAddress?.Port ?? 0, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        using var answer = new MemoryStream();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The server closed before it had read everything, or waits for the rest of a body.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex Volume();

    [GeneratedRegex(@"Exception|   at |Holdfast\.|Microsoft\.|System\.|[Ss][Qq][Ll]ite|Npgsql|catalog\.db|repository\.key|SELECT |password_hash|Dapper")]
    private static partial Regex Internal();
}

public sealed class RandomRequestsOnSqlite : RandomRequestTests
{
    protected override int Requests => 20_000;
}

public sealed class RandomRequestsOnPostgres : RandomRequestTests
{
    private static readonly string? Server = Environment.GetEnvironmentVariable("HOLDFAST_TEST_POSTGRES");
    private readonly string _database = $"hf_random_{Guid.CreateVersion7():N}";

    protected override int Requests => 5_000;

    protected override (string, string)[] Settings => [("HOLDFAST_Catalog__Postgres", new NpgsqlConnectionStringBuilder(Server) { Database = _database }.ToString())];

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Server is null, "HOLDFAST_TEST_POSTGRES is not set: no PostgreSQL to test on");
        await RunAsync($"CREATE DATABASE {_database}");
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Server is not null)
        {
            await RunAsync($"DROP DATABASE IF EXISTS {_database} WITH (FORCE)");
        }
    }

    private static async Task RunAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Server ?? "");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
