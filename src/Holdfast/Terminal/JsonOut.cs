using System.Text.Json;
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
        try
        {
            using var output = Console.OpenStandardOutput();
            document.WriteTo(output);
        }
        catch (Exception e) when (StandardStreams.IsRefusal(e))
        {
            throw StandardStreams.OutputFailed(e);
        }
    }

    public static void Write<T>(T value, JsonTypeInfo<T> type) => Write(json => JsonSerializer.Serialize(json, value, type));

    public static void Write(JsonElement document) => Write(document.WriteTo);

    /// <summary>One object that is little more than an id, as the verbs that make something print it.</summary>
    public static void WriteObject(params (string Name, string? Value)[] members) =>
        Write(json =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        });

    /// <summary>An array of what the service answered, as it is.</summary>
    public static void WriteElements(IEnumerable<JsonElement> items) =>
        Write(json =>
        {
            json.WriteStartArray();
            foreach (var item in items)
            {
                item.WriteTo(json);
            }

            json.WriteEndArray();
        });

    /// <summary>An array of what the service answered, each with <c>id</c> and <c>name</c> in front where the service calls them
    /// otherwise.</summary>
    public static void WriteArray(IEnumerable<(string Id, string? Name, JsonElement Raw)> items) =>
        Write(json =>
        {
            json.WriteStartArray();
            foreach (var (id, name, raw) in items)
            {
                WriteNamed(json, id, name, raw);
            }

            json.WriteEndArray();
        });

    public static void WriteNamed(Utf8JsonWriter json, string id, string? name, JsonElement raw)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("name", name);
        foreach (var member in raw.EnumerateObject())
        {
            if (!member.NameEquals("id") && !member.NameEquals("name"))
            {
                member.WriteTo(json);
            }
        }

        json.WriteEndObject();
    }
}
