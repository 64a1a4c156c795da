using System.Text.Json;

namespace Holdfast.Server.Tests.OpenApi;

public sealed class SchemaCheckTests
{
    [Theory]
    [InlineData("""{"type": "string"}""", "1", "body is integer and not string")]
    [InlineData("""{"type": ["string", "null"]}""", "true", "body is boolean and not [\"string\", \"null\"]")]
    [InlineData("""{"type": "integer"}""", "1.5", "body is number and not integer")]
    [InlineData("""{"enum": ["ON", "OFF"]}""", "\"on\"", "body is on and none of [\"ON\", \"OFF\"]")]
    [InlineData("""{"required": ["id"]}""", "{}", "body has no 'id'")]
    [InlineData("""{"properties": {"id": {"type": "string"} } }""", """{"id": null}""", "body.id is null and not string")]
    [InlineData("""{"properties": {"id": {} } }""", """{"id": 1, "name": 2}""", "body has 'name', which is not described")]
    [InlineData("""{"additionalProperties": {"type": "string"} }""", """{"a": 1}""", "body.a is integer and not string")]
    [InlineData("""{"items": {"type": "string"} }""", """["a", 1]""", "body[1] is integer and not string")]
    [InlineData("""{"maxItems": 1}""", "[1, 2]", "body has more than 1 elements")]
    [InlineData("""{"minItems": 1}""", "[]", "body has fewer than 1 elements")]
    [InlineData("""{"uniqueItems": true}""", "[1, 1]", "body has an element twice")]
    [InlineData("""{"pattern": "^[0-9]{3}$"}""", "\"1234\"", "body is '1234', not ^[0-9]{3}$")]
    [InlineData("""{"format": "uuid"}""", "\"0123456789abcdef0123456789abcdef\"", "body is '0123456789abcdef0123456789abcdef', no uuid")]
    [InlineData("""{"format": "uri"}""", "\"x\"", "body is 'x', no uri")]
    [InlineData("""{"minimum": 2}""", "1", "body is 1, less than 2")]
    [InlineData("""{"maximum": 2}""", "3", "body is 3, more than 2")]
    [InlineData("""{"minLength": 1}""", "\"\"", "body is shorter than 1")]
    [InlineData("""{"maxLength": 1}""", "\"ab\"", "body is longer than 1")]
    [InlineData("""{"maxProperties": 0, "additionalProperties": {} }""", """{"a": 1}""", "body has more than 0 members")]
    [InlineData("""{"minProperties": 1}""", "{}", "body has fewer than 1 members")]
    [InlineData("""{"oneOf": []}""", "1", "body: nobody checks 'oneOf'")]
    [InlineData("""{"$ref": "#/components/schemas/id"}""", "1", "body is integer and not string")]
    public void A_value_that_is_not_what_its_schema_says_is_told(string schema, string value, string fault) =>
        Assert.Equal([fault], Faults(schema, value));

    [Fact]
    public void A_value_that_is_what_its_schema_says_has_no_faults() =>
        Assert.Empty(
            Faults(
                """{"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/id"},"""
                    + """ "n": {"type": ["null", "integer"], "minimum": 1}, "of": {"type": "array", "items": {"enum": ["a"]} } } }""",
                """{"id": "x", "n": null, "of": ["a", "a"] }"""
            )
        );

    private static IEnumerable<string> Faults(string schema, string value) =>
        new SchemaCheck(JsonDocument.Parse("""{"components": {"schemas": {"id": {"type": "string"} } } }""").RootElement).Faults(
            JsonDocument.Parse(value).RootElement,
            JsonDocument.Parse(schema).RootElement
        );
}
