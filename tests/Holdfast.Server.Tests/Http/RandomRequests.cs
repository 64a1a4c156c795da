using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control.Users;
using Holdfast.Server.OpenApi;
using Holdfast.Server.Tests.Identity.Signing;
using Holdfast.Server.Tests.OpenStack;

namespace Holdfast.Server.Tests.Http;

/// <summary>A request that was made up.</summary>
/// <param name="Operation">What it began as: method and pattern.</param>
/// <param name="IsPlain">Whether it is what the document says that a client sends, with ids of what there is.</param>
internal sealed record Sent(
    string Operation,
    bool IsPlain,
    string Method,
    string Path,
    string? Body,
    string ContentType,
    string Version,
    string Who
)
{
    /// <summary>Whether it still is a request for that operation, in good or bad form.</summary>
    public bool IsOfOperation => Operation.StartsWith(Method + " ", StringComparison.Ordinal);
}

/// <summary>Makes requests up: some in two as a client would send them, the others changed in path, query, body, headers or
/// caller.</summary>
internal sealed class RandomRequests(TestServer server, Things things)
{
    private static readonly string[] Scalars =
    [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1",
        "2.5",
        "1e99",
        "-0",
        "12345678901234567890",
        "\"\"",
        "\" \"",
        "\"x\"",
        "\"ON\"",
        "\"auto1\"",
        "\"default\"",
        "\"12:00\"",
        "\"UTC+01:00\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"<b>\"",
        "\"ä€😀\"",
        "\"../../etc/passwd\"",
        "\"'; DROP TABLE backup;--\"",
        "\"%s%n\"",
        "[]",
        "[null]",
        "[[]]",
        "{}",
        "[\"MON\"]",
        "[{\"key\":\"a\",\"value\":\"b\"}]",
        "[{\"key\":\"a\",\"values\":[\"b\"]}]",
    ];

    private static readonly string[] Segments =
    [
        "none",
        "x",
        "%20",
        "%2e%2e",
        "..",
        "a%2Fb",
        "%E4",
        "%F0%9F%98%80",
        "%3Cb%3E",
        "%27",
        "00000000-0000-0000-0000-000000000000",
        "ffffffffffffffffffffffffffffffff",
        "detail",
        "tags",
        "action",
        "quota",
        "backuppolicy",
        "-1",
        new('a', 3000),
    ];

    private static readonly string[] QueryNames =
    [
        "limit",
        "offset",
        "marker",
        "sort",
        "sort_key",
        "sort_dir",
        "status",
        "name",
        "name~",
        "status~",
        "volume_id",
        "volume_id~",
        "with_count",
        "all_tenants",
        "job_id",
        "share_to_me",
        "backup_id",
        "is_backup_id",
        "cascade",
        "from_project_id",
        "x",
        "",
        "size",
    ];

    private static readonly string[] QueryValues =
    [
        "",
        "1",
        "0",
        "-1",
        "99999999999999999999",
        "1.5",
        "x",
        "true",
        "created_at",
        "name:asc",
        "name:up",
        "created_at:desc,name",
        ",",
        ":",
        "desc",
        "DESC",
        "available",
        "WAITING",
        "%00",
        "%zz",
        "%",
        "%C3%28",
        "%F0%9F%98%80",
        "%25",
        "a&b=c",
        "'",
        "%5B%5D",
        new('9', 400),
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json",
        "application/json;charset=utf-8",
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "garbage",
    ];

    private static readonly string[] Versions =
    [
        "",
        "volume 3.45",
        "volume 3.99",
        "volume latest",
        "volume -1",
        "compute 2.1, volume 3.31",
        "volume",
        "volume x.y",
        "volume 3.99999999999999",
    ];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"];

    private static readonly string[] Callers = ["admin", "admin", "admin", "admin", "member", "reader", "signed", "wrong", "none"];

    private readonly OperationTable _texts = OperationTable.Load();
    private readonly Dictionary<string, string> _tokens = new() { ["admin"] = server.Token, ["wrong"] = "hft_wrong" };
    private (string Access, string Secret) _key;
    private string _subject = "";
    private string _record = "";
    private int _named;

    /// <summary>Makes the callers, once, and what is gone of the objects.</summary>
    public async Task RefreshAsync()
    {
        await things.RefreshAsync(3);
        _record = (await things.SendAsync("GET", $"/v3/{{p}}/backups/{things["backup"][0]}/export_record"))
            .Expect(200)
            .GetProperty("backup-record")
            .GetProperty("backup_url")
            .ToString();
        if (_key == default)
        {
            _tokens["member"] = (await server.MakeCallerAsync("session_member", Role.Member, "default")).Token;
            _tokens["reader"] = (await server.MakeCallerAsync("session_reader", Role.Reader, "default")).Token;
            var (signer, _) = await server.MakeCallerAsync("session_signer", Role.Admin, "default");
            var key = (await server.SendAsync("POST", "/identity/v3.0/OS-CREDENTIAL/credentials", """{"credential": {} }""", signer))
                .Expect(201)
                .GetProperty("credential");
            _key = (key.GetProperty("access").GetString() ?? "", key.GetProperty("secret").GetString() ?? "");
        }

        if ((await server.SendAsync("GET", "/identity/v3/auth/tokens", subject: _subject)).Status != 200)
        {
            (_subject, _) = await server.LogInAsync("session_reader", "pass word", project: null);
        }
    }

    public Sent Make(string method, string pattern, Random random)
    {
        var operation = $"{method} {pattern}";
        if (random.Next(5) < 2)
        {
            return new Sent(
                operation,
                IsPlain: true,
                method,
                PathOf(pattern, random),
                PlainBodyOf(method, pattern, random)?.ToJsonString(),
                "application/json",
                random.Next(2) == 0 ? "" : "volume latest",
                random.Next(8) == 0 ? "signed" : "admin"
            );
        }

        return new Sent(
            operation,
            IsPlain: false,
            random.Next(10) == 0 ? One(Methods, random) : method,
            BrokenPathOf(pattern, random) + QueryOf(random),
            method is "GET" or "DELETE" && random.Next(8) > 0 ? null : BodyOf(method, pattern, random),
            random.Next(5) > 0 ? "application/json" : One(ContentTypes, random),
            One(Versions, random),
            One(Callers, random)
        );
    }

    public HttpRequestMessage Message(Sent sent)
    {
        var address = server.Http.BaseAddress ?? throw new InvalidOperationException("The server has no address.");
        var message = new HttpRequestMessage(
            new HttpMethod(sent.Method),
            new Uri(address + sent.Path[1..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })
        );
        message.Headers.TryAddWithoutValidation("X-Subject-Token", _subject);
        message.Headers.TryAddWithoutValidation("OpenStack-API-Version", sent.Version);
        if (sent.Who == "signed")
        {
            Sign(message, sent, address.Authority);
        }
        else if (_tokens.TryGetValue(sent.Who, out var token))
        {
            message.Headers.Add("X-Auth-Token", token);
        }

        if (sent.Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(sent.Body));
            message.Content.Headers.TryAddWithoutValidation("Content-Type", sent.ContentType);
        }

        return message;
    }

    private static string One(IReadOnlyList<string> values, Random random) => values[random.Next(values.Count)];

    private void Sign(HttpRequestMessage message, Sent sent, string host)
    {
        var date = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'");
        var target = sent.Path.Split('?', 2);
        var query = target
            .Skip(1)
            .SelectMany(text => text.Split('&'))
            .Select(pair => pair.Split('=', 2))
            .Select(pair => (Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair.Length > 1 ? pair[1] : "")));
        var client = new ClientRequest(
            sent.Method,
            [.. target[0].Split('/').Skip(1).Select(Uri.UnescapeDataString)],
            [.. query],
            [("host", host), ("x-sdk-date", date)],
            Encoding.UTF8.GetBytes(sent.Body ?? "")
        );
        message.Headers.TryAddWithoutValidation("X-Sdk-Date", date);
        message.Headers.TryAddWithoutValidation("Authorization", IndependentSigner.SignPlain(client, _key.Access, _key.Secret));
    }

    private string PathOf(string pattern, Random random) => Things.Fill(pattern, name => One(things[Things.KindOf(pattern, name)], random));

    private string BrokenPathOf(string pattern, Random random)
    {
        var path = Things.Fill(
            pattern,
            name => name == "project" || random.Next(3) > 0 ? One(things[Things.KindOf(pattern, name)], random) : One(Segments, random)
        );
        return random.Next(20) switch
        {
            0 => $"{path}/{One(Segments, random)}",
            1 => $"{path}/",
            2 when path.Length > 10 => path[..random.Next(1, path.Length)],
            3 => path.ToUpperInvariant().Replace("%2E", "%2e", StringComparison.Ordinal),
            _ => path,
        };
    }

    private string QueryOf(Random random)
    {
        string Value() =>
            random.Next(4) == 0 ? One(things[One(["volume", "backup", "policy", "job"], random)], random) : One(QueryValues, random);
        return random.Next(2) == 0
            ? ""
            : $"?{string.Join('&', Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{One(QueryNames, random)}={Value()}"))}";
    }

    /// <summary>The document's own example with ids of what there is, and with names that nothing has yet.</summary>
    private JsonNode? PlainBodyOf(string method, string pattern, Random random)
    {
        var body = _texts.Find(method, pattern)?.Request?.DeepClone();
        foreach (var (members, member, kind) in Things.NamesIn(body))
        {
            members[member] = members[member] is null || kind is null ? null : One(things[kind], random);
        }

        foreach (var members in ObjectsIn(body).ToList())
        {
            // Few members must be there, and some only a newer client may send.
            if (random.Next(4) == 0 && members.Count > 1)
            {
                members.Remove(One([.. members.Select(member => member.Key)], random));
            }

            foreach (var (name, value) in members.ToList().Where(member => member.Value is JsonValue))
            {
                members[name] = NewValue(pattern, name, value?.ToString() ?? "") is { } fresh ? fresh : value?.DeepClone();
            }
        }

        return body;
    }

    private string? NewValue(string pattern, string member, string value) =>
        member switch
        {
            "password" when pattern.EndsWith("/auth/tokens", StringComparison.Ordinal) => TestServer.Password,
            "original_password" => "pass word",

            // Of one that there is, under the id of one that there is not.
            "backup_url" => BackupRecordTests.With(_record, "id", Guid.CreateVersion7().ToString()),
            "name" or "backup_policy_name" when !pattern.EndsWith("/auth/tokens", StringComparison.Ordinal) =>
                $"{value}_{Interlocked.Increment(ref _named)}",

            // Not the files of the machine that runs the tests.
            "source-name" => $"file://{server.AddFile($"random_{Interlocked.Increment(ref _named)}", 20_000)}",
            "target" => $"file://{server.Folder}/restored_{Interlocked.Increment(ref _named)}.img",
            _ => null,
        };

    private static IEnumerable<JsonObject> ObjectsIn(JsonNode? node) =>
        node switch
        {
            JsonObject members => members.SelectMany(member => ObjectsIn(member.Value)).Prepend(members),
            JsonArray elements => elements.SelectMany(ObjectsIn),
            _ => [],
        };

    /// <summary>The plain body with some of its values changed, or something that is no body at all.</summary>
    private string BodyOf(string method, string pattern, Random random)
    {
        if (random.Next(10) == 0)
        {
            return random.Next(5) switch
            {
                0 => "",
                1 => "{",
                2 => "[]",
                3 => new string('[', 100),
                _ => One(Scalars, random),
            };
        }

        var text =
            Mutate(PlainBodyOf(method, pattern, random) ?? JsonNode.Parse("""{"restore": {"volume_id": "x"}, "a": 1}"""), random) ?? "null";
        return random.Next(15) == 0 && text.Length > 2 ? text[..random.Next(1, text.Length)] : text;
    }

    private static string? Mutate(JsonNode? node, Random random)
    {
        if (random.Next(7) == 0)
        {
            return One(Scalars, random);
        }

        return node switch
        {
            JsonObject members => $"{{{string.Join(",", members.Where(_ => random.Next(10) > 0).Select(MutateMember))}}}",
            JsonArray all => $"[{string.Join(",", Enumerable.Range(0, random.Next(4)).Select(_ => Mutate(FirstOf(all), random)))}]",
            _ => node?.ToJsonString() ?? "null",
        };

        string MutateMember(KeyValuePair<string, JsonNode?> member) =>
            $"{JsonSerializer.Serialize(random.Next(40) == 0 ? "\ud800" : member.Key)}:{Mutate(member.Value, random)}";
    }

    private static JsonNode? FirstOf(JsonArray elements) => elements.Count > 0 ? elements[0] : null;
}
