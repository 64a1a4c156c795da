using System.Text.Json;
using Holdfast.Server.OpenApi;
using Microsoft.OpenApi;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>The document against the endpoints, against the contract, and against what is really answered.</summary>
public sealed class ApiDocumentTests(TestServer server)
{
    /// <summary>The contract's index of operations (section 8), with the status of success.</summary>
    public static TheoryData<string, string, int> Contract => new()
    {
        { "GET", "/v2/{project}/backuppolicy/{policy}/backuptasks", 200 },
        { "POST", "/v2/{project}/backuppolicy", 200 },
        { "GET", "/v2/{project}/backuppolicy", 200 },
        { "PUT", "/v2/{project}/backuppolicy/{policy}", 200 },
        { "DELETE", "/v2/{project}/backuppolicy/{policy}", 204 },
        { "POST", "/v2/{project}/backuppolicyresources", 200 },
        { "POST", "/v2/{project}/backuppolicyresources/{policy}/deleted_resources", 200 },
        { "POST", "/v2/{project}/backuppolicy/{policy}/action", 204 },
        { "POST", "/v2/{project}/backuppolicy/{policy}/tags", 204 },
        { "DELETE", "/v2/{project}/backuppolicy/{policy}/tags/{key}", 204 },
        { "GET", "/v2/{project}/backuppolicy/{policy}/tags", 200 },
        { "GET", "/v2/{project}/backuppolicy/tags", 200 },
        { "POST", "/v2/{project}/backuppolicy/{policy}/tags/action", 204 },
        { "POST", "/v2/{project}/backuppolicy/resource_instances/action", 200 },
        { "POST", "/v2/{project}/cloudbackups", 200 },
        { "POST", "/v2/{project}/cloudbackups/{backup}", 200 },
        { "POST", "/v2/{project}/cloudbackups/{backup}/restore", 200 },
        { "GET", "/v1/{project}/jobs/{job}", 200 },
        { "GET", "/v2/{project}/jobs/{job}", 200 },
        { "GET", "/v2/{project}/cloudbackups/quota", 200 },
        { "GET", "/", 300 },
        { "GET", "/v2", 200 },
        { "GET", "/v3", 200 },
        { "GET", "/v2/{project}/backups", 200 },
        { "GET", "/v3/{project}/backups", 200 },
        { "GET", "/v2/{project}/backups/detail", 200 },
        { "GET", "/v3/{project}/backups/detail", 200 },
        { "GET", "/v2/{project}/backups/{backup}", 200 },
        { "GET", "/v3/{project}/backups/{backup}", 200 },
        { "POST", "/v2/{project}/backups", 202 },
        { "POST", "/v3/{project}/backups", 202 },
        { "POST", "/v2/{project}/backups/{backup}/restore", 202 },
        { "POST", "/v3/{project}/backups/{backup}/restore", 202 },
        { "DELETE", "/v2/{project}/backups/{backup}", 202 },
        { "DELETE", "/v3/{project}/backups/{backup}", 202 },
        { "POST", "/v2/{project}/os-vendor-backup-sharing", 200 },
        { "DELETE", "/v2/{project}/os-vendor-backup-sharing/{share}", 200 },
        { "GET", "/v2/{project}/os-vendor-backup-sharing/detail", 200 },
        { "GET", "/v2/{project}/os-vendor-backup-sharing/count", 200 },
        { "GET", "/v2/{project}/os-vendor-backup-sharing/{share}", 200 },
    };

    [Fact]
    public void Every_endpoint_is_described_and_nothing_else()
    {
        var endpoints = server.Endpoints().Select(operation => $"{operation.Method} {operation.Pattern}").Order().ToList();
        Assert.Equal(endpoints, OperationTable.Load().Keys.Order());
    }

    [Theory]
    [MemberData(nameof(Contract))]
    public async Task Every_operation_of_the_contract_is_there_with_its_status(string method, string pattern, int status)
    {
        var operation = (await DocumentAsync()).GetProperty("paths").GetProperty(pattern).GetProperty(method.ToLowerInvariant());
        Assert.Contains(operation.GetProperty("responses").EnumerateObject(), answer => answer.Name == $"{status}");
    }

    [Fact]
    public async Task Every_query_parameter_of_the_contracts_lists_is_there()
    {
        var paths = (await DocumentAsync()).GetProperty("paths");
        List<string> QueryOf(string pattern) => [.. paths.GetProperty(pattern).GetProperty("get").GetProperty("parameters").EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query").Select(p => p.GetProperty("name").GetString() ?? "").Order()];
        Assert.Equal(["job_id", "limit", "marker", "offset", "sort_dir", "sort_key", "status"], QueryOf("/v2/{project}/backuppolicy/{policy}/backuptasks"));
        string[] native = ["all_tenants", "limit", "marker", "name", "name~", "offset", "sort", "sort_dir", "sort_key", "status", "status~", "volume_id", "volume_id~", "with_count"];
        Assert.Equal(native.Order(), QueryOf("/v3/{project}/backups"));
        Assert.Equal(native.Order(), QueryOf("/v2/{project}/backups/detail"));
    }

    [Fact]
    public async Task The_document_reads_back_without_a_fault()
    {
        var text = (await server.SendAsync("GET", "/openapi/v1.json", token: null)).Text;
        var read = OpenApiDocument.Parse(text, "json");
        Assert.Empty(read.Diagnostic?.Errors ?? []);
        Assert.NotNull(read.Document);
        Assert.All(read.Document.Paths.Values.SelectMany(path => path.Operations ?? []), operation => Assert.Contains(operation.Value.Tags?.Single().Name, ApiDocument.Tags));
    }

    /// <summary>What is answered has the members and types that the document tells.</summary>
    [Fact]
    public async Task What_is_answered_is_what_the_document_says()
    {
        var document = await DocumentAsync();
        var volume = await server.AddVolumeAsync("document");
        var policy = await server.CreatePolicyAsync("document");
        await server.SendAsync("POST", "/v2/{p}/backuppolicyresources", $$"""{"backup_policy_id": "{{policy}}", "resources": [{"resource_id": "{{volume}}", "resource_type": "volume"}] }""");
        (await server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/tags", """{"tag": {"key": "k", "value": "v"} }""")).Expect(204);
        (await server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/action")).Expect(204);
        var task = default(JsonElement);
        for (var i = 0; task.ValueKind == default || task.GetProperty("status").GetString() is "WAITING" or "RUNNING"; i++)
        {
            Assert.True(i < 600, "The task has not ended after a minute.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
            task = (await server.SendAsync("GET", $"/v2/{{p}}/backuppolicy/{policy}/backuptasks")).Expect(200).GetProperty("tasks")[0];
        }

        var backup = (await server.SendAsync("GET", $"/v3/{{p}}/backups?volume_id={volume}")).Expect(200).GetProperty("backups")[0].GetProperty("id").GetString() ?? "";
        var share = (await server.SendAsync("POST", "/v2/{p}/os-vendor-backup-sharing", $$"""{"shared": {"backup_id": "{{backup}}", "to_project_ids": ["x"]} }""")).Expect(200).GetProperty("shared")[0].GetProperty("id").GetString() ?? "";
        var key = (await server.SendAsync("POST", "/identity/v3.0/OS-CREDENTIAL/credentials", """{"credential": {"description": "document"} }""")).Expect(201).GetProperty("credential");
        var (user, access) = (key.GetProperty("user_id").GetString() ?? "", key.GetProperty("access").GetString() ?? "");
        var seen = 0;
        foreach (var (method, pattern, _) in server.Endpoints().Where(operation => operation.Method == "GET" && operation.Pattern != "/identity/v3/auth/tokens"))
        {
            var path = pattern.Replace("{project}", "{p}", StringComparison.Ordinal).Replace("{policy}", policy, StringComparison.Ordinal).Replace("{backup}", backup, StringComparison.Ordinal)
                .Replace("{volume}", volume, StringComparison.Ordinal).Replace("{share}", share, StringComparison.Ordinal).Replace("{job}", task.GetProperty("vbs_job_id").GetString(), StringComparison.Ordinal)
                .Replace("{project_id}", server.Project, StringComparison.Ordinal).Replace("{user_id}", user, StringComparison.Ordinal).Replace("{access}", access, StringComparison.Ordinal)
                .Replace("{id}", pattern.Contains("/roles", StringComparison.Ordinal) ? "admin" : pattern.Contains("/domains", StringComparison.Ordinal) ? "default" : pattern.Contains("/users", StringComparison.Ordinal) ? user : server.Project, StringComparison.Ordinal);
            var answer = await server.SendAsync(method, path);
            var response = document.GetProperty("paths").GetProperty(pattern).GetProperty("get").GetProperty("responses").GetProperty($"{answer.Status}");
            Assert.True(pattern == "/openapi/v1.json" || Conforms(answer.Json, response.GetProperty("content").GetProperty("application/json").GetProperty("schema"), document) is null,
                $"{pattern}: {Conforms(answer.Json, response.GetProperty("content").GetProperty("application/json").GetProperty("schema"), document)} in {answer.Text}");
            seen++;
        }

        Assert.True(seen >= 25, $"Only {seen} operations were asked.");
    }

    [Fact]
    public async Task The_page_is_whole_and_asks_nobody_else()
    {
        var page = (await server.SendAsync("GET", "/docs/", token: null)).Text;
        Assert.Contains("scalar.js", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.True((await server.SendAsync("GET", "/docs/scalar.js", token: null)).Text.Length > 100_000);
    }

    /// <summary>Where a value is not what its schema says, or null.</summary>
    private static string? Conforms(JsonElement value, JsonElement schema, JsonElement document)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            return Conforms(value, document.GetProperty("components").GetProperty("schemas").GetProperty((reference.GetString() ?? "").Split('/')[^1]), document);
        }

        if (!schema.TryGetProperty("type", out var type))
        {
            return null;
        }

        string[] types = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(one => one.GetString() ?? "")] : [type.GetString() ?? ""];
        var kind = value.ValueKind switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => value.GetRawText().Contains('.', StringComparison.Ordinal) ? "number" : "integer",
            JsonValueKind.Null => "null",
            _ => "boolean",
        };
        if (!types.Contains(kind))
        {
            return $"{value.GetRawText()} is {kind} and not {string.Join(" or ", types)}";
        }

        return kind switch
        {
            "object" => value.EnumerateObject().Select(member => !schema.TryGetProperty("properties", out var properties) || !properties.EnumerateObject().Any() ? null
                : properties.TryGetProperty(member.Name, out var inner) ? Conforms(member.Value, inner, document) : $"'{member.Name}' is not in the schema").FirstOrDefault(fault => fault is not null),
            "array" => value.EnumerateArray().Select(element => Conforms(element, schema.GetProperty("items"), document)).FirstOrDefault(fault => fault is not null),
            _ => null,
        };
    }

    private async Task<JsonElement> DocumentAsync() => (await server.SendAsync("GET", "/openapi/v1.json", token: null)).Expect(200);
}
