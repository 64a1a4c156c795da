using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Holdfast.Server.Http;

/// <summary>Reads a request's body as a JSON object.</summary>
internal static class RequestBody
{
    private const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = true };

    /// <summary>The object, or the refusal that fits: no body, no JSON, no object. A missing content type is taken for JSON.</summary>
    public static async Task<JsonDocument> ReadObjectAsync(HttpContext context, Func<ApiException> empty)
    {
        RefuseOtherType(context.Request);
        using var bytes = await ReadAllAsync(context);
        if (bytes.Length == 0)
        {
            throw empty();
        }

        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(WithoutMark(bytes), Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw VbsErrors.Malformed("the body is not a JSON object");
        }
        catch (Exception e) when (e is JsonException or ApiException)
        {
            document?.Dispose();
            throw e is ApiException
                ? e
                : VbsErrors.Malformed(
                    IsTooDeep(WithoutMark(bytes).Span) ? $"the body is nested more than {MaxDepth} deep" : "the body is not JSON"
                );
        }
    }

    /// <summary>All of the body. What Kestrel cannot make a body of, such as a chunk of more bytes than a number can say, it tells as a
    /// failure of input.</summary>
    /// <exception cref="BadHttpRequestException">It is too large, too slow or broken.</exception>
    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    public static async Task<MemoryStream> ReadAllAsync(HttpContext context)
    {
        var bytes = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw e is ConnectionResetException || context.RequestAborted.IsCancellationRequested
                ? new OperationCanceledException("The client has gone.", e)
                : new BadHttpRequestException("The body cannot be read.", StatusCodes.Status400BadRequest, e);
        }

        bytes.Position = 0;
        return bytes;
    }

    private static void RefuseOtherType(HttpRequest request)
    {
        if (
            request.ContentType is { Length: > 0 } type
            && !(
                MediaTypeHeaderValue.TryParse(type, out var parsed)
                && parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            throw VbsErrors.MediaType("the body must be application/json");
        }

        if (
            request.Headers.ContentEncoding is { Count: > 0 } encodings
            && !encodings.All(encoding => "identity".Equals(encoding, StringComparison.OrdinalIgnoreCase))
        )
        {
            throw VbsErrors.MediaType($"the body must not be encoded, but Content-Encoding is '{encodings}'");
        }
    }

    /// <summary>Some editors put the mark of UTF-8 before what they save, and people send such files.</summary>
    private static ReadOnlyMemory<byte> WithoutMark(MemoryStream bytes)
    {
        var all = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        return all.Span.StartsWith("\uFEFF"u8) ? all[3..] : all;
    }

    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.StartObject or JsonTokenType.StartArray, CurrentDepth: >= MaxDepth })
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // Broken before it is deep.
        }

        return false;
    }

    /// <summary>The member, or null when it is absent or null: the contract makes no difference.</summary>
    public static JsonElement? Member(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static JsonElement? ObjectMember(this JsonElement json, string name) =>
        json.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Object } value => value,
            _ => throw VbsErrors.Malformed($"'{name}' is not an object"),
        };

    public static string? TextMember(this JsonElement json, string name) =>
        json.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } value => TextOf(value, name),
            _ => throw VbsErrors.Malformed($"'{name}' is not a string"),
        };

    public static IReadOnlyList<JsonElement>? ArrayMember(this JsonElement json, string name) =>
        json.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray()],
            _ => throw VbsErrors.Malformed($"'{name}' is not an array"),
        };

    public static double? NumberMember(this JsonElement json, string name) =>
        json.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) => number,
            _ => throw VbsErrors.Malformed($"'{name}' is not a number"),
        };

    /// <summary>True or false, also as the text that some clients send.</summary>
    public static bool? SwitchMember(this JsonElement json, string name) =>
        json.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.String } value => TextOf(value, name).ToUpperInvariant() switch
            {
                "TRUE" or "1" or "YES" => true,
                "FALSE" or "0" or "NO" or "" => false,
                _ => throw VbsErrors.Malformed($"'{name}' is true or false"),
            },
            _ => throw VbsErrors.Malformed($"'{name}' is true or false"),
        };

    /// <summary>The name of a member, which may be spelled as badly as any text.</summary>
    public static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name.Contains('\0', StringComparison.Ordinal)
                ? throw VbsErrors.Malformed("the name of a member holds U+0000")
                : member.Name;
        }
        catch (InvalidOperationException)
        {
            throw VbsErrors.Malformed("the name of a member is not a valid string");
        }
    }

    /// <summary>How a number is written that clients send as a number or as a text; null for any other kind of value.</summary>
    public static string? NumberText(JsonElement value, string name) =>
        value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => TextOf(value, name),
            _ => null,
        };

    /// <summary>JSON can spell half of a surrogate pair, which is no text, and U+0000, which no catalog stores.</summary>
    public static string TextOf(JsonElement value, string name)
    {
        try
        {
            var text = value.GetString() ?? "";
            return text.Contains('\0', StringComparison.Ordinal) ? throw VbsErrors.Malformed($"'{name}' holds U+0000") : text;
        }
        catch (InvalidOperationException)
        {
            throw VbsErrors.Malformed($"'{name}' is not a valid string");
        }
    }
}
