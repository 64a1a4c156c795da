using System.Text.Json;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>Refusals of every operation against the document: no token, no such thing, a body that is none.</summary>
public sealed class RefusalTests(TestServer server)
{
    private const string Nowhere = "00000000-0000-4000-8000-000000000000";

    [Fact]
    public async Task Without_a_token_every_operation_that_is_not_open_answers_401_as_the_document_says()
    {
        var (api, calls) = await StartAsync();
        foreach (var operation in api.Operations.Keys.Where(operation => !api.IsOpen(operation)))
        {
            var (status, text, _) = await calls.SendAsync(operation, ExampleFor(api, operation), token: "no-such-token");
            Assert.True(status == 401 && api.Describes(operation, 401), $"{operation} {status} {text}");
        }
    }

    [Fact]
    public async Task Of_what_is_not_there_every_operation_answers_404_as_the_document_says()
    {
        var (api, calls) = await StartAsync();
        var seen = 0;
        foreach (
            var operation in api.Operations.Keys.Where(operation =>
                // Every class of quotas is there, whatever it is called, as in Cinder.
                api.ParametersOf(operation, "path")
                    .Any(parameter => parameter.GetProperty("name").GetString() is not ("project" or "class"))
            )
        )
        {
            var (status, text, _) = await calls.SendAsync(operation, ExampleFor(api, operation));
            Assert.True(
                status == (IsAnsweredWith400(operation) ? 400 : 404) && api.Describes(operation, status),
                $"{operation} {status} {text}"
            );
            seen++;
        }

        Assert.True(seen > 40, $"Only {seen} operations are about one thing.");
    }

    /// <summary>What is not there is no thing, but a word: as in Cinder, an action that nobody knows is a bad request.</summary>
    private static bool IsAnsweredWith400(string operation) =>
        operation
            is "PUT /v2/{project}/os-services/{action}"
                or "PUT /v3/{project}/os-services/{action}";

    [Fact]
    public async Task A_body_that_is_no_object_is_refused_as_the_document_says()
    {
        var (api, calls) = await StartAsync();
        var seen = 0;
        foreach (
            var operation in api.Operations.Keys.Where(operation =>
                api.RequestOf(operation) is not null
                && api.ParametersOf(operation, "path").All(parameter => parameter.GetProperty("name").GetString() == "project")
            )
        )
        {
            var (status, text, _) = await calls.SendAsync(operation, "[]");
            Assert.True(status == 400 && api.Describes(operation, 400), $"{operation} {status} {text}");
            seen++;
        }

        Assert.True(seen > 12, $"Only {seen} operations take a body.");
    }

    /// <summary>Every refusal's status has its member's name, which the schema alone does not say.</summary>
    [Theory]
    [InlineData("GET /v3/{project}/backups/{backup}", 404, "itemNotFound")]
    [InlineData("POST /v3/{project}/volumes", 400, "badRequest")]
    public async Task A_native_refusal_is_named_after_its_status(string operation, int expected, string name)
    {
        var (_, calls) = await StartAsync();
        var (status, text, _) = await calls.SendAsync(operation, operation.StartsWith("POST ", StringComparison.Ordinal) ? "{}" : null);
        Assert.Equal((expected, name), (status, JsonDocument.Parse(text).RootElement.EnumerateObject().Single().Name));
    }

    private async Task<(DescribedApi Api, OperationCalls Calls)> StartAsync()
    {
        var api = await DescribedApi.ReadAsync(server);
        var calls = new OperationCalls(server, api);
        foreach (
            var name in api
                .Operations.Keys.SelectMany(operation => api.ParametersOf(operation, "path"))
                .Select(parameter => parameter.GetProperty("name").GetString() ?? "")
        )
        {
            calls.Path[name] = name == "project" ? server.Project : Nowhere;
        }

        return (api, calls);
    }

    private static string? ExampleFor(DescribedApi api, string operation) => api.RequestOf(operation)?.GetProperty("example").GetRawText();
}
