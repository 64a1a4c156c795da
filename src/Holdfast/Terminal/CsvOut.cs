using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Holdfast.Terminal;

/// <summary>
/// A list as RFC 4180 has it, on standard output: UTF-8 without a byte order mark, a line with the fields' names, a row an item, lines that
/// end with CR LF. Values are those of JSON: bytes as integers, times in UTC, nothing for null, and JSON itself for a list or an object.
/// </summary>
/// <remarks>
/// A text at whose beginning a spreadsheet would see a formula gets an apostrophe in front, and so does one that begins with an apostrophe:
/// names of volumes and backups come from anybody. Taking away one apostrophe at the beginning gives the text back.
/// </remarks>
internal static class CsvOut
{
    private const string LineEnd = "\r\n";
    private const char Guard = '\'';

    /// <summary>What begins a formula, in the widths of East Asian input as well.</summary>
    private const string Dangerous = "=+-@\t\r\n'\uFF1D\uFF0B\uFF0D\uFF20";

    /// <summary>The comma, what else takes its place in some countries' spreadsheets, and what ends lines and quotes.</summary>
    private static readonly SearchValues<char> ToQuote = SearchValues.Create(",;\"\t\r\n");

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="fields">Names of members, with dots for those inside of others; one that begins with <c>@</c> is a time.</param>
    /// <exception cref="Running.VerbFailedException">Standard output does not take it.</exception>
    public static void Write(string[] fields, IEnumerable<JsonElement> items) =>
        StandardStreams.WriteWhole(Encoding.UTF8.GetBytes(Document(fields, items, isTerminal: !Console.IsOutputRedirected)));

    /// <param name="isTerminal">Control characters, which would move the cursor or more, are shown and not sent.</param>
    internal static string Document(string[] fields, IEnumerable<JsonElement> items, bool isTerminal)
    {
        var text = new StringBuilder();
        AppendLine(text, fields.Select(field => field.TrimStart('@')));
        foreach (var item in items)
        {
            AppendLine(text, fields.Select(field => Value(item, field)));
        }

        return isTerminal
            ? string.Concat(text.ToString().Select(c => char.IsControl(c) && c is not ('\r' or '\n') ? '\ufffd' : c))
            : text.ToString();
    }

    private static void AppendLine(StringBuilder text, IEnumerable<string> values)
    {
        var line = string.Join(',', values.Select(Quote));
        text.Append(line.Length > 0 ? line : "\"\"").Append(LineEnd); // an empty line is no row to many readers
    }

    private static string Quote(string value) =>
        value.AsSpan().ContainsAny(ToQuote) || value.StartsWith(' ') || value.EndsWith(' ')
            ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : value;

    private static string Value(JsonElement item, string field)
    {
        var value = item;
        foreach (var name in field.TrimStart('@').Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                return "";
            }
        }

        return value.ValueKind switch
        {
            JsonValueKind.String when field.StartsWith('@') => Time(value.GetString() ?? ""),
            JsonValueKind.String => Guarded(value.GetString() ?? ""),
            JsonValueKind.Object or JsonValueKind.Array => Json(value),
            JsonValueKind.Null or JsonValueKind.Undefined => "",
            _ => value.GetRawText(),
        };
    }

    private static string Guarded(string text) =>
        text.TrimStart(' ') is [var first, ..] && Dangerous.Contains(first, StringComparison.Ordinal) ? Guard + text : text;

    /// <summary>The API's three formats of times become one; without a zone they are UTC.</summary>
    private static string Time(string text) =>
        DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)
            : Guarded(text);

    private static string Json(JsonElement value)
    {
        using var document = new MemoryStream();
        using (var json = new Utf8JsonWriter(document, Compact))
        {
            value.WriteTo(json);
        }

        return Encoding.UTF8.GetString(document.GetBuffer(), 0, (int)document.Length);
    }
}
