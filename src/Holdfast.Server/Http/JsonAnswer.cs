using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>Writes answers: UTF-8 straight from the writer, with their length, and the three formats of time that the contract
/// has.</summary>
internal static class JsonAnswer
{
    /// <summary>Not for HTML: text is written as it is, but for what JSON itself must escape.</summary>
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _kept;

    public static async Task WriteAsync<T>(HttpContext context, int status, T value, Action<Utf8JsonWriter, T> write)
    {
        // The pair stays with the thread: taken while it writes, given back before anything is awaited.
        var (buffer, writer) = _kept ?? New();
        _kept = null;
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        write(writer, value);
        writer.Flush();
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = buffer.WrittenCount;
        response.BodyWriter.Write(buffer.WrittenSpan);
        _kept = (buffer, writer);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>Writes a record by its generated description.</summary>
    public static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type) =>
        WriteAsync(
            context,
            status,
            (value, type),
            static (json, answer) => JsonSerializer.Serialize(json, answer.value, answer.type)
        );

    public static Task NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>Tasks: UTC, exactly three fraction digits, no zone. A client reads the fraction as a number of milliseconds.</summary>
    public static void WriteTaskTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[23];
        time.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture);
        json.WriteString(name, text[..length]);
    }

    /// <summary>Jobs: as for tasks, with a literal Z.</summary>
    public static void WriteJobTime(this Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Native: microseconds, no zone.</summary>
    public static void WriteNativeTime(this Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteNumberOrNull(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>An element of an array of links.</summary>
    public static void WriteLink(this Utf8JsonWriter json, string relation, string address)
    {
        json.WriteStartObject();
        json.WriteString("rel", relation);
        json.WriteString("href", address);
        json.WriteEndObject();
    }

    /// <summary>The link to the next part of a list; the member is absent where there is none, because clients go on as long as it is
    /// there.</summary>
    public static void WriteNextLink(this Utf8JsonWriter json, string member, string? address)
    {
        if (address is null)
        {
            return;
        }

        json.WriteStartArray(member);
        json.WriteLink("next", address);
        json.WriteEndArray();
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) New()
    {
        var buffer = new ArrayBufferWriter<byte>(8 * 1024);
        return (buffer, new Utf8JsonWriter(buffer, Options));
    }
}
