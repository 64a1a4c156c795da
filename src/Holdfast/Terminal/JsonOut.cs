using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Terminal;

/// <summary>One JSON document on standard output, indented, with a line break behind it.</summary>
internal static class JsonOut
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(Action<Utf8JsonWriter> body)
    {
        // Made whole before a byte is written: half a document is of no use, and the writer would try once more to write what failed.
        using var document = new MemoryStream();
        using (var json = new Utf8JsonWriter(document, Options))
        {
            body(json);
        }

        document.WriteByte((byte)'\n');
        StandardStreams.WriteWhole(document.GetBuffer().AsSpan(0, (int)document.Length));
    }

    public static void Write<T>(T value, JsonTypeInfo<T> type) => Write(json => JsonSerializer.Serialize(json, value, type));

    public static void Write(JsonElement document) => Write(document.WriteTo);

    /// <summary>An array of what the service answered, as it is.</summary>
    public static void WriteElements(IEnumerable<JsonElement> items) => Write([.. items], TerminalJson.Default.IReadOnlyListJsonElement);
}

/// <summary>What the service answered, with <c>id</c> and <c>name</c> in front.</summary>
internal sealed record NamedOut(string Id, string? Name)
{
    /// <summary>The answer's other members. Set, not given to the constructor: the generated description can do that alone.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement> Members { get; set; } = [];

    public static NamedOut Of(string id, string? name, JsonElement raw) =>
        new(id, name)
        {
            Members = raw.EnumerateObject()
                .Where(member => !member.NameEquals("id") && !member.NameEquals("name"))
                .ToDictionary(member => member.Name, member => member.Value),
        };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NamedOut))]
[JsonSerializable(typeof(IReadOnlyList<JsonElement>))]
internal sealed partial class TerminalJson : JsonSerializerContext;
