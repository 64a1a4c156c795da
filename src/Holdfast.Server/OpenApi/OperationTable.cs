using System.Text.Json.Nodes;

namespace Holdfast.Server.OpenApi;

/// <summary>What is to be said of one operation.</summary>
/// <param name="Query">Parameters by name; the text begins with <c>integer</c> or <c>boolean</c> where they are that.</param>
/// <param name="Request">An example of the body, or null for none. Texts that begin with $ stand for a component.</param>
/// <param name="Response">As <paramref name="Request"/>.</param>
internal sealed record OperationText(string Tag, string Summary, string Description, IReadOnlyDictionary<string, string> Query, JsonNode? Request, int Status, JsonNode? Response);

/// <summary>The texts and examples of <c>operations.json</c> and <c>components.json</c>. Which operations there are, the endpoints say.</summary>
internal sealed class OperationTable
{
    private readonly Dictionary<string, OperationText> _operations = [];

    private OperationTable(JsonObject operations, JsonObject components)
    {
        Schemas = components["schemas"]?.AsObject() ?? throw new InvalidOperationException("components.json has no schemas.");
        Parameters = Texts(components["parameters"]);
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

    /// <summary><c>METHOD /path/{parameter}</c>.</summary>
    public IReadOnlyCollection<string> Keys => _operations.Keys;

    public OperationText? Find(string method, string pattern) => _operations.GetValueOrDefault($"{method} {pattern}");

    public static OperationTable Load() => new(Open("operations.json"), Open("components.json"));

    private static JsonObject Open(string name)
    {
        using var stream = typeof(OperationTable).Assembly.GetManifestResourceStream($"Holdfast.Server.OpenApi.{name}") ?? throw new InvalidOperationException($"The resource {name} is missing.");
        return JsonNode.Parse(stream)?.AsObject() ?? throw new InvalidOperationException($"The resource {name} is empty.");
    }

    /// <summary><c>GET /{v2|v3}/x</c> is two operations.</summary>
    private static IEnumerable<string> Alternatives(string key)
    {
        var (start, end) = (key.IndexOf('{', StringComparison.Ordinal), key.IndexOf('}', StringComparison.Ordinal));
        var inner = start < 0 ? "" : key[(start + 1)..end];
        return inner.Contains('|', StringComparison.Ordinal) ? inner.Split('|').Select(one => key[..start] + one + key[(end + 1)..]) : [key];
    }

    private static OperationText Read(JsonNode value, JsonObject components)
    {
        var query = value["query"] is JsonValue name ? components["queries"]?[name.GetValue<string>()] : value["query"];
        var section = value["section"] is { } at ? $"Contract, section {at.GetValue<string>()}." : "";
        return new OperationText(
            value["tag"]?.GetValue<string>() ?? "",
            value["summary"]?.GetValue<string>() ?? "",
            $"{value["description"]?.GetValue<string>()} {section}".Trim(),
            Texts(query),
            value["request"],
            value["status"]?.GetValue<int>() ?? 200,
            value["response"]);
    }

    private static Dictionary<string, string> Texts(JsonNode? node) => node?.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value?.GetValue<string>() ?? "") ?? [];
}
