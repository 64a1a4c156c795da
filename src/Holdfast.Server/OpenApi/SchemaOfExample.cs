using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Holdfast.Server.OpenApi;

/// <summary>
/// Makes schemas of examples: the members and their types are those of the example. Null may stand for anything, and may come wherever a text or a
/// number can, because the contract makes no difference between null and absent.
/// </summary>
internal sealed class SchemaOfExample(OpenApiDocument document)
{
    public IOpenApiSchema Make(JsonNode? example)
    {
        switch (example)
        {
            case null:
                return new OpenApiSchema();
            case JsonObject members:
                var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
                foreach (var (name, value) in members)
                {
                    properties[name] = Make(value);
                }

                return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties };
            case JsonArray elements:
                return new OpenApiSchema { Type = JsonSchemaType.Array, Items = elements.Count > 0 ? Make(elements[0]) : new OpenApiSchema() };
            default:
                return ReferenceOf(example) is { } name2 ? new OpenApiSchemaReference(name2, document) : new OpenApiSchema { Type = TypeOf(example) };
        }
    }

    /// <summary>The example with what its references stand for.</summary>
    public static JsonNode? Resolve(JsonNode? example, JsonObject schemas) => example switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Resolve(member.Value, schemas)))),
        JsonArray elements => new JsonArray([.. elements.Select(element => Resolve(element, schemas))]),
        not null when ReferenceOf(example) is { } name => schemas[name]?.DeepClone(),
        _ => example?.DeepClone(),
    };

    private static string? ReferenceOf(JsonNode value) => value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is ['$', .. var name] ? name : null;

    private static JsonSchemaType TypeOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => JsonSchemaType.String | JsonSchemaType.Null,
        JsonValueKind.Number => JsonSchemaType.Integer | JsonSchemaType.Null,
        _ => JsonSchemaType.Boolean,
    };
}
