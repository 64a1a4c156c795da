using System.Text.Json;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>The document that a server answers with, and its operations as tests ask for them: <c>METHOD /path/{parameter}</c>.</summary>
internal sealed class DescribedApi(JsonElement document)
{
    public SchemaCheck Check { get; } = new(document);

    public JsonElement Document => document;

    public IReadOnlyDictionary<string, JsonElement> Operations { get; } =
        document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path =>
                path.Value.EnumerateObject().Select(operation => ($"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value))
            )
            .ToDictionary(StringComparer.Ordinal);

    public static async Task<DescribedApi> ReadAsync(TestServer server) =>
        new((await server.SendAsync("GET", "/openapi/v1.json", token: null)).Expect(200));

    public int SuccessOf(string operation) =>
        Operations[operation]
            .GetProperty("responses")
            .EnumerateObject()
            .Where(answer => int.TryParse(answer.Name, out var status) && status < 400)
            .Select(answer => int.Parse(answer.Name))
            .Single();

    public bool Describes(string operation, int status) =>
        Operations[operation].GetProperty("responses").TryGetProperty($"{status}", out _);

    /// <summary>The answer with this status, or the one for all others.</summary>
    public JsonElement AnswerOf(string operation, int status)
    {
        var answers = Operations[operation].GetProperty("responses");
        return Resolve(answers.TryGetProperty($"{status}", out var answer) ? answer : answers.GetProperty("default"));
    }

    public JsonElement? RequestOf(string operation) =>
        Operations[operation].TryGetProperty("requestBody", out var body)
            ? body.GetProperty("content").GetProperty("application/json")
            : null;

    /// <summary>The parameters that are in a place: path, query or header.</summary>
    public IEnumerable<JsonElement> ParametersOf(string operation, string place) =>
        Operations[operation].TryGetProperty("parameters", out var list)
            ? list.EnumerateArray().Select(Resolve).Where(parameter => parameter.GetProperty("in").GetString() == place)
            : [];

    public bool IsOpen(string operation) => Operations[operation].GetProperty("security").GetArrayLength() == 0;

    /// <summary>What is wrong with an answer: its body, or a header that is not there.</summary>
    public IEnumerable<string> Faults(string operation, int status, string text, IReadOnlyCollection<string> headers)
    {
        var answer = AnswerOf(operation, status);
        var missing = answer
            .GetProperty("headers")
            .EnumerateObject()
            .Where(header => !headers.Contains(header.Name, StringComparer.OrdinalIgnoreCase))
            .Select(header => $"the header {header.Name} is missing");
        return missing.Concat(
            answer.TryGetProperty("content", out var content) && !operation.StartsWith("HEAD ", StringComparison.Ordinal)
                ? Check.Faults(JsonDocument.Parse(text).RootElement, content.GetProperty("application/json").GetProperty("schema"))
            : text.Length == 0 ? []
            : ["there is a body"]
        );
    }

    public JsonElement Resolve(JsonElement node) =>
        node.TryGetProperty("$ref", out var reference) ? Check.Resolve(reference.GetString() ?? "") : node;
}
