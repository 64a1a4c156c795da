using System.Text.Json;
using Holdfast.Server.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>The document in itself and against the endpoints, and the page.</summary>
public sealed class ApiDocumentTests(TestServer server)
{
    [Fact]
    public void Every_endpoint_is_described_and_nothing_else()
    {
        var endpoints = server.Endpoints().Select(operation => $"{operation.Method} {operation.Pattern}").Order().ToList();
        Assert.Equal(endpoints, OperationTable.Load().Keys.Order());
    }

    [Fact]
    public void Every_rule_of_a_member_is_of_some_use()
    {
        var document = new ApiDocument(server.Server.Services.GetRequiredService<EndpointDataSource>());
        document.Make();
        Assert.Empty(document.Rules.Unused);
    }

    [Fact]
    public async Task The_document_reads_back_without_a_fault()
    {
        var text = (await server.SendAsync("GET", "/openapi/v1.json", token: null)).Text;
        var read = OpenApiDocument.Parse(text, "json", new OpenApiReaderSettings { RuleSet = ValidationRuleSet.GetDefaultRuleSet() });
        Assert.Empty(read.Diagnostic?.Errors ?? []);
        Assert.Empty(read.Diagnostic?.Warnings ?? []);
        Assert.NotNull(read.Document);
        Assert.All(
            read.Document.Paths.Values.SelectMany(path => path.Operations ?? []),
            operation => Assert.Contains(operation.Value.Tags?.Single().Name, ApiDocument.Tags.Keys)
        );
    }

    /// <summary>A schema without a type says nothing, and the page shows it as "any".</summary>
    [Fact]
    public async Task No_schema_is_empty()
    {
        var api = await DescribedApi.ReadAsync(server);
        Assert.DoesNotContain("{}", SchemasIn(api.Document).Select(schema => schema.GetRawText()));
        Assert.All(
            SchemasIn(api.Document),
            schema => Assert.True(schema.TryGetProperty("type", out _) || schema.TryGetProperty("$ref", out _), schema.GetRawText())
        );
    }

    [Fact]
    public async Task Every_operation_says_who_may_call_it_and_how_it_refuses()
    {
        var api = await DescribedApi.ReadAsync(server);
        Assert.All(
            api.Operations,
            operation =>
            {
                Assert.Equal(
                    api.IsOpen(operation.Key),
                    !api.Describes(operation.Key, 401) || operation.Key is "POST /identity/v3/auth/tokens" or "POST /v3/auth/tokens"
                );
                var refusal = api.AnswerOf(operation.Key, 500)
                    .GetProperty("content")
                    .GetProperty("application/json")
                    .GetProperty("schema")
                    .GetProperty("$ref")
                    .GetString();
                Assert.EndsWith(
                    operation.Key.Contains(" /identity", StringComparison.Ordinal)
                        || operation.Key.Contains(" /v3/auth/", StringComparison.Ordinal)
                            ? "identityError"
                        : operation.Key.Contains(" /admin/", StringComparison.Ordinal) ? "nativeError"
                        : operation.Key.Contains("/backuppolicy", StringComparison.Ordinal)
                        || operation.Key.Contains("/cloudbackups", StringComparison.Ordinal)
                        || operation.Key.Contains("/jobs/", StringComparison.Ordinal)
                            ? "vbsError"
                        : "nativeError",
                    refusal,
                    StringComparison.Ordinal
                );
            }
        );
    }

    [Fact]
    public async Task Every_example_is_what_its_schema_says()
    {
        var api = await DescribedApi.ReadAsync(server);
        foreach (var operation in api.Operations.Keys)
        {
            var answer = api.AnswerOf(operation, api.SuccessOf(operation));
            JsonElement?[] bodies =
            [
                api.RequestOf(operation),
                answer.TryGetProperty("content", out var content) ? content.GetProperty("application/json") : null,
            ];
            Assert.All(
                bodies.OfType<JsonElement>(),
                body => Assert.Empty(api.Check.Faults(body.GetProperty("example"), body.GetProperty("schema"), operation))
            );
        }
    }

    [Fact]
    public async Task Every_operation_under_v3_takes_a_microversion_and_tells_its_own()
    {
        var api = await DescribedApi.ReadAsync(server);
        Assert.All(
            api.Operations.Keys,
            operation =>
                Assert.Equal(
                    operation.Contains(" /v3", StringComparison.Ordinal),
                    api.ParametersOf(operation, "header")
                        .Any(parameter => parameter.GetProperty("name").GetString() == "OpenStack-API-Version")
                        && api.AnswerOf(operation, api.SuccessOf(operation))
                            .GetProperty("headers")
                            .TryGetProperty("OpenStack-API-Version", out _)
                )
        );
    }

    [Theory]
    [InlineData("GET", true, true)]
    [InlineData("HEAD", true, false)]
    [InlineData("DELETE", true, false)]
    [InlineData("POST", false, true)]
    public async Task A_token_that_is_spoken_of_is_in_a_header(string method, bool asked, bool answered)
    {
        var (api, operation) = (await DescribedApi.ReadAsync(server), $"{method} /identity/v3/auth/tokens");
        Assert.Equal(
            asked,
            api.ParametersOf(operation, "header")
                .Any(parameter =>
                    parameter.GetProperty("name").GetString() == "X-Subject-Token" && parameter.GetProperty("required").GetBoolean()
                )
        );
        Assert.Equal(
            answered,
            api.AnswerOf(operation, api.SuccessOf(operation)).GetProperty("headers").TryGetProperty("X-Subject-Token", out _)
        );
    }

    [Fact]
    public async Task The_page_is_whole_asks_nobody_else_and_says_how_to_begin()
    {
        var page = (await server.SendAsync("GET", "/docs/", token: null)).Text;
        Assert.Contains("scalar.js", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.Contains(
            "\"preferredSecurityScheme\":[\"token\"]",
            page.Replace(" ", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.True((await server.SendAsync("GET", "/docs/scalar.js", token: null)).Text.Length > 100_000);
        var introduction = (await DescribedApi.ReadAsync(server)).Document.GetProperty("info").GetProperty("description").GetString() ?? "";
        Assert.Contains("`holdfast token issue`", introduction, StringComparison.Ordinal);
        Assert.Contains("`X-Subject-Token`", introduction, StringComparison.Ordinal);
    }

    private static IEnumerable<JsonElement> SchemasIn(JsonElement node) =>
        node.ValueKind switch
        {
            JsonValueKind.Array => node.EnumerateArray().SelectMany(SchemasIn),
            JsonValueKind.Object => node.EnumerateObject()
                .SelectMany(member =>
                    member.Name switch
                    {
                        "example" or "default" or "enum" => [],
                        "schema" or "items" or "additionalProperties" => [member.Value, .. SchemasIn(member.Value)],
                        "properties" or "schemas" => member
                            .Value.EnumerateObject()
                            .SelectMany(inner => (JsonElement[])[inner.Value, .. SchemasIn(inner.Value)]),
                        _ => SchemasIn(member.Value),
                    }
                ),
            _ => [],
        };
}
