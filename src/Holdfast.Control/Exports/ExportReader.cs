using System.Text.Json;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;

namespace Holdfast.Control.Exports;

/// <summary>A row of an export.</summary>
/// <param name="Table">The same object for all rows that follow one another.</param>
/// <param name="Values">A string, a number or null for each column.</param>
internal readonly record struct ExportRow(ExportRowTable Table, object?[] Values);

internal sealed record ExportRowTable(string Name, IReadOnlyList<string> Columns);

/// <summary>Reads what <see cref="ExportWriter"/> wrote.</summary>
internal static class ExportReader
{
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> when it is not what this page of the format says: sealed by
    /// our key, but no export.</exception>
    public static IEnumerable<ExportRow> RowsOf(CatalogExport export)
    {
        var number = 0;
        foreach (var part in export.Parts)
        {
            number++;
            ExportRowTable? table = null;
            for (var rest = part.AsMemory(); rest.Length > 0;)
            {
                var end = rest.Span.IndexOf((byte)'\n');
                if (end < 0 || !TryRead(rest.Span[..end], ref table, out var row))
                {
                    throw new HoldfastException(
                        FailureKind.Corrupted,
                        $"Part {number} of the catalog's export {export.Head.Name} has a line that is no row."
                    );
                }

                rest = rest[(end + 1)..];
                if (row is { } read)
                {
                    yield return read;
                }
            }
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> line, ref ExportRowTable? table, out ExportRow? row)
    {
        row = null;
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read())
            {
                return false;
            }

            if (json.TokenType == JsonTokenType.StartObject)
            {
                var head = JsonSerializer.Deserialize(line, ExportLineJson.Default.ExportLineHead);
                table = head is null ? null : new ExportRowTable(head.Table, head.Columns);
                return table is not null;
            }

            if (json.TokenType != JsonTokenType.StartArray || table is null)
            {
                return false;
            }

            var values = new object?[table.Columns.Count];
            var at = 0;
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                values[at++] = json.TokenType switch
                {
                    JsonTokenType.String => json.GetString(),
                    JsonTokenType.Number => json.GetInt64(),
                    JsonTokenType.Null => null,
                    _ => throw new JsonException(),
                };
            }

            row = new ExportRow(table, values);
            return at == values.Length && !json.Read();
        }
        catch (Exception e) when (e is JsonException or FormatException or IndexOutOfRangeException)
        {
            return false;
        }
    }
}
