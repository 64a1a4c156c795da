using System.Text.Json;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests.OpenApi;

/// <summary>Holds values against the schemas of a document: stricter than JSON Schema in one thing, that a member must be described. A
/// keyword that it does not know is a fault of its own.</summary>
internal sealed class SchemaCheck(JsonElement document)
{
    /// <summary>What is wrong, each with its place; nothing when all is right.</summary>
    public IEnumerable<string> Faults(JsonElement value, JsonElement schema, string at = "body")
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            return Faults(value, Resolve(reference.GetString() ?? ""), at);
        }

        var kind = KindOf(value);
        return schema
            .EnumerateObject()
            .SelectMany(keyword => FaultsOf(keyword.Name, keyword.Value, value, kind, at))
            .Concat(kind == "object" ? Surplus(value, schema, at) : []);
    }

    /// <summary>What <c>#/components/…</c> stands for.</summary>
    public JsonElement Resolve(string reference) => reference.Split('/')[1..].Aggregate(document, (node, name) => node.GetProperty(name));

    private IEnumerable<string> FaultsOf(string keyword, JsonElement rule, JsonElement value, string kind, string at) =>
        (keyword, kind) switch
        {
            ("type", _) => Unless(Types(rule).Contains(kind), $"{at} is {kind} and not {rule}"),
            ("enum", _) => Unless(
                rule.EnumerateArray().Any(word => JsonElement.DeepEquals(word, value)),
                $"{at} is {value} and none of {rule}"
            ),
            ("required", "object") => rule.EnumerateArray()
                .Where(name => !value.TryGetProperty(name.GetString() ?? "", out _))
                .Select(name => $"{at} has no '{name}'"),
            ("properties", "object") => value
                .EnumerateObject()
                .Where(member => rule.TryGetProperty(member.Name, out _))
                .SelectMany(member => Faults(member.Value, rule.GetProperty(member.Name), $"{at}.{member.Name}")),
            ("additionalProperties", "object") => value
                .EnumerateObject()
                .SelectMany(member => Faults(member.Value, rule, $"{at}.{member.Name}")),
            ("minProperties", "object") => Unless(
                value.EnumerateObject().Count() >= rule.GetInt32(),
                $"{at} has fewer than {rule} members"
            ),
            ("maxProperties", "object") => Unless(value.EnumerateObject().Count() <= rule.GetInt32(), $"{at} has more than {rule} members"),
            ("items", "array") => value.EnumerateArray().SelectMany((element, i) => Faults(element, rule, $"{at}[{i}]")),
            ("minItems", "array") => Unless(value.GetArrayLength() >= rule.GetInt32(), $"{at} has fewer than {rule} elements"),
            ("maxItems", "array") => Unless(value.GetArrayLength() <= rule.GetInt32(), $"{at} has more than {rule} elements"),
            ("uniqueItems", "array") => Unless(
                value.EnumerateArray().Select(element => element.GetRawText()).Distinct().Count() == value.GetArrayLength(),
                $"{at} has an element twice"
            ),
            ("pattern", "string") => Unless(
                Regex.IsMatch(Text(value), rule.GetString() ?? "", RegexOptions.ECMAScript),
                $"{at} is '{value}', not {rule}"
            ),
            ("format", "string") => Unless(IsOf(rule.GetString(), Text(value)), $"{at} is '{value}', no {rule}"),
            ("minLength", "string") => Unless(Text(value).EnumerateRunes().Count() >= rule.GetInt32(), $"{at} is shorter than {rule}"),
            ("maxLength", "string") => Unless(Text(value).EnumerateRunes().Count() <= rule.GetInt32(), $"{at} is longer than {rule}"),
            ("minimum", "integer") => Unless(value.GetInt64() >= rule.GetInt64(), $"{at} is {value}, less than {rule}"),
            ("maximum", "integer") => Unless(value.GetInt64() <= rule.GetInt64(), $"{at} is {value}, more than {rule}"),
            (
                "required"
                    or "properties"
                    or "additionalProperties"
                    or "minProperties"
                    or "maxProperties"
                    or "items"
                    or "minItems"
                    or "maxItems"
                    or "uniqueItems",
                _
            ) => [],
            ("pattern" or "format" or "minLength" or "maxLength" or "minimum" or "maximum" or "description" or "default", _) => [],
            _ => [$"{at}: nobody checks '{keyword}'"],
        };

    private static IEnumerable<string> Surplus(JsonElement value, JsonElement schema, string at) =>
        schema.TryGetProperty("additionalProperties", out _)
            ? []
            : value
                .EnumerateObject()
                .Where(member => !schema.TryGetProperty("properties", out var properties) || !properties.TryGetProperty(member.Name, out _))
                .Select(member => $"{at} has '{member.Name}', which is not described");

    private static IEnumerable<string> Unless(bool holds, string fault) => holds ? [] : [fault];

    private static string Text(JsonElement value) => value.GetString() ?? "";

    private static bool IsOf(string? format, string text) =>
        format switch
        {
            "uuid" => Guid.TryParseExact(text, "D", out _),
            "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
            _ => false,
        };

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(Text) : [Text(type)];

    private static string KindOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
            JsonValueKind.Null => "null",
            _ => "boolean",
        };
}
