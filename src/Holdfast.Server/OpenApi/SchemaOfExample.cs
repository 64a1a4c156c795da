using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>An example of a body, and what is said of its members beside it.</summary>
/// <param name="Asked">Whether it is a request, in which only what is named must be; in an answer all must be that is not named.</param>
/// <param name="Named">Names of members, alone or behind that of the object they are in and a dot.</param>
/// <param name="Rules">As <see cref="MemberRules"/> has them, for this operation alone.</param>
internal sealed record BodyText(JsonNode? Example, bool Asked, IReadOnlyCollection<string> Named, JsonObject? Rules)
{
    public bool Names(string path) => Named.Any(name => path == name || path.EndsWith("." + name, StringComparison.Ordinal));
}

/// <summary>
/// Makes schemas of examples: the members and their types are those of the example, the form of a text (an id, a time) is that of the
/// example's, and the rest is in <see cref="MemberRules"/>. An example that is null is a text or null; an empty array stays empty; an empty
/// object has whatever texts.
/// </summary>
internal sealed class SchemaOfExample(OpenApiDocument document, MemberRules rules)
{
    /// <param name="name">Of the component, or empty for a body.</param>
    public IOpenApiSchema Make(string name, BodyText body) => Make(name, body.Example, body, isRequired: true);

    /// <summary>The example with what its references stand for.</summary>
    public static JsonNode? Resolve(JsonNode? example, JsonObject schemas) =>
        example switch
        {
            JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Resolve(member.Value, schemas)))),
            JsonArray elements => new JsonArray([.. elements.Select(element => Resolve(element, schemas))]),
            not null when ReferenceOf(example) is { } name => schemas[name]?.DeepClone(),
            _ => example?.DeepClone(),
        };

    private IOpenApiSchema Make(string path, JsonNode? example, BodyText body, bool isRequired)
    {
        if (example is not null && ReferenceOf(example) is { } name)
        {
            return new OpenApiSchemaReference(name, document);
        }

        var rule = body.Rules?[path]?.AsObject() ?? rules.Find(path);
        var schema = example switch
        {
            JsonObject members when members.Count == 0 || MemberRules.Says(rule, "map") => MapOf(path, members, body),
            JsonObject members => ObjectOf(path, members, rule, body),
            JsonArray { Count: 0 } => new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                MaxItems = 0,
                Items = new OpenApiSchema { Type = JsonSchemaType.Object },
            },
            JsonArray elements => new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = Make(path + "[]", elements[0], body, isRequired: true),
            },
            _ => ScalarOf(example, isFree: rule?.ContainsKey("type") == true || rule?.ContainsKey("pattern") == true),
        };
        MemberRules.Apply(rule, schema);
        if (body.Asked && !isRequired && schema.Enum is null)
        {
            schema.Type |= JsonSchemaType.Null; // the contract takes null for absent
        }

        return schema;
    }

    private OpenApiSchema ObjectOf(string path, JsonObject members, JsonObject? rule, BodyText body)
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        var required = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in members)
        {
            var inner = path.Length == 0 ? name : $"{path.Replace("[]", "", StringComparison.Ordinal)}.{name}";
            var isRequired = rule?["required"] is JsonArray named
                ? named.GetValues<string>().Contains(name)
                : IsRequired(inner, body, isOnly: path.Length == 0 && members.Count == 1);
            properties[name] = Make(inner, value, body, isRequired);
            if (isRequired)
            {
                required.Add(name);
            }
        }

        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = properties,
            Required = required,
        };
    }

    private OpenApiSchema MapOf(string path, JsonObject members, BodyText body) =>
        new()
        {
            Type = JsonSchemaType.Object,
            AdditionalProperties =
                members.Count == 0
                    ? new OpenApiSchema { Type = JsonSchemaType.String }
                    : Make(path + "[]", members.First().Value, body, isRequired: true),
        };

    /// <summary>The only member of a request's root is what the request is about.</summary>
    private bool IsRequired(string path, BodyText body, bool isOnly)
    {
        var rule = body.Rules?[path]?.AsObject() ?? rules.Find(path);
        return body.Asked
            ? isOnly || body.Names(path) || MemberRules.Says(rule, "needed")
            : !body.Names(path) && !MemberRules.Says(rule, "optional");
    }

    private static OpenApiSchema ScalarOf(JsonNode? value, bool isFree)
    {
        var schema = new OpenApiSchema
        {
            Type = value?.GetValueKind() switch
            {
                null => JsonSchemaType.String | JsonSchemaType.Null,
                JsonValueKind.String => JsonSchemaType.String,
                JsonValueKind.Number => JsonSchemaType.Integer,
                _ => JsonSchemaType.Boolean,
            },
        };
        if (!isFree && schema.Type == JsonSchemaType.String)
        {
            (schema.Format, schema.Pattern) = TextForm.Of(value?.GetValue<string>() ?? "");
        }

        return schema;
    }

    private static string? ReferenceOf(JsonNode value) =>
        value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is ['$', .. var name] ? name : null;
}
