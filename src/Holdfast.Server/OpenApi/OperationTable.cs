using System.Text.Json.Nodes;

namespace Holdfast.Server.OpenApi;

/// <summary>What is to be said of one operation.</summary>
/// <param name="Query">Parameters by name; the text begins with <c>integer</c> or <c>boolean</c> where they are that.</param>
/// <param name="QueryName">Under which name <see cref="MemberRules"/> has what is special about them, or null.</param>
/// <param name="Request">An example of the body, or null for none. Texts that begin with $ stand for a component.</param>
/// <param name="Response">As <paramref name="Request"/>.</param>
/// <param name="Also">Members that the request may have beside those of its example, in the same shape.</param>
/// <param name="Needs">Members that the request must have.</param>
/// <param name="Optional">Members that the answer may lack.</param>
/// <param name="Rules">As those of <see cref="MemberRules"/>, for this operation alone.</param>
/// <param name="Headers">Names of headers that the request has and others have not.</param>
/// <param name="AnswerHeaders">As <paramref name="Headers"/>, for the answer.</param>
/// <param name="Refusals">Statuses beside those that all operations of its kind have.</param>
internal sealed record OperationText(
    string Tag,
    string Summary,
    string Description,
    IReadOnlyDictionary<string, string> Query,
    string? QueryName,
    JsonNode? Request,
    int Status,
    JsonNode? Response,
    JsonNode? Also,
    IReadOnlyList<string> Needs,
    IReadOnlyList<string> Optional,
    JsonObject? Rules,
    IReadOnlyList<string> Headers,
    IReadOnlyList<string> AnswerHeaders,
    IReadOnlyList<int> Refusals
)
{
    public BodyText? Asked => Request is null ? null : new(With(Request.DeepClone(), Also), Asked: true, Needs, Rules);

    public BodyText? Answered => Response is null ? null : new(Response, Asked: false, Optional, Rules);

    private static JsonNode With(JsonNode example, JsonNode? also)
    {
        foreach (var (name, value) in also as JsonObject ?? [])
        {
            example[name] =
                value is null ? null
                : example[name] is { } there ? With(there.DeepClone(), value)
                : value.DeepClone();
        }

        return example;
    }
}

/// <summary>The texts and examples of <c>operations.json</c> and <c>components.json</c>. Which operations there are, the endpoints
/// say.</summary>
internal sealed class OperationTable
{
    private readonly Dictionary<string, OperationText> _operations = [];

    private OperationTable(JsonObject operations, JsonObject components)
    {
        Schemas = components["schemas"]?.AsObject() ?? throw new InvalidOperationException("components.json has no schemas.");
        Parameters = Texts(components["parameters"]);
        Headers = Texts(components["headers"]);
        foreach (var (key, value) in operations)
        {
            foreach (var one in Alternatives(key))
            {
                _operations.Add(one, Read(value ?? throw new InvalidOperationException($"'{key}' is empty."), components));
            }
        }
    }

    /// <summary>Examples of what many operations answer with, by name.</summary>
    public JsonObject Schemas { get; }

    /// <summary>What the parameters in paths are.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>What the headers are that operations name.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary><c>METHOD /path/{parameter}</c>.</summary>
    public IReadOnlyCollection<string> Keys => _operations.Keys;

    public OperationText? Find(string method, string pattern) => _operations.GetValueOrDefault($"{method} {pattern}");

    public static OperationTable Load() => new(Open("operations.json"), Open("components.json"));

    public static JsonObject Open(string name)
    {
        using var stream =
            typeof(OperationTable).Assembly.GetManifestResourceStream($"Holdfast.Server.OpenApi.{name}")
            ?? throw new InvalidOperationException($"The resource {name} is missing.");
        return JsonNode.Parse(stream)?.AsObject() ?? throw new InvalidOperationException($"The resource {name} is empty.");
    }

    /// <summary><c>GET /{v2|v3}/x</c> is two operations.</summary>
    private static IEnumerable<string> Alternatives(string key)
    {
        var (start, end) = (key.IndexOf('{', StringComparison.Ordinal), key.IndexOf('}', StringComparison.Ordinal));
        var inner = start < 0 ? "" : key[(start + 1)..end];
        return inner.Contains('|', StringComparison.Ordinal)
            ? inner.Split('|').Select(one => key[..start] + one + key[(end + 1)..])
            : [key];
    }

    private static OperationText Read(JsonNode value, JsonObject components)
    {
        var queryName = value["query"] is JsonValue name ? name.GetValue<string>() : null;
        var section = value["section"] is { } at ? $"Contract, section {at.GetValue<string>()}." : "";
        return new OperationText(
            value["tag"]?.GetValue<string>() ?? "",
            value["summary"]?.GetValue<string>() ?? "",
            $"{value["description"]?.GetValue<string>()} {section}".Trim(),
            Texts(queryName is null ? value["query"] : components["queries"]?[queryName]),
            queryName,
            value["request"],
            value["status"]?.GetValue<int>() ?? 200,
            value["response"],
            value["also"],
            List<string>(value["needs"]),
            List<string>(value["optional"]),
            value["rules"]?.AsObject(),
            List<string>(value["headers"]),
            List<string>(value["answerHeaders"]),
            List<int>(value["refusals"])
        );
    }

    private static List<T> List<T>(JsonNode? node) => [.. node?.AsArray().GetValues<T>() ?? []];

    private static Dictionary<string, string> Texts(JsonNode? node) =>
        node?.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value?.GetValue<string>() ?? "") ?? [];
}
