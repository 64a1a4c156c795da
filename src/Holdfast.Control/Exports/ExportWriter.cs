using System.Buffers;
using System.Data.Common;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Holdfast.Control.Exports;

/// <summary>Writes rows as the lines of an export's parts. Spec: docs/format/catalog-export.md, section 3.</summary>
/// <param name="part">Takes each part when it is full; the bytes are its for the call only.</param>
internal sealed class ExportWriter(Action<ReadOnlyMemory<byte>> part) : IDisposable
{
    public const int PartBytes = 8 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _part = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<byte> _head = new();
    private readonly Utf8JsonWriter _json = new(
        Stream.Null,
        new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>The rows that follow are of this table.</summary>
    public void Begin(string table, IReadOnlyList<string> columns)
    {
        _head.ResetWrittenCount();
        _json.Reset(_head);
        _json.WriteStartObject();
        _json.WriteString("table", table);
        _json.WriteStartArray("columns");
        foreach (var column in columns)
        {
            _json.WriteStringValue(column);
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        EndLine(_head);
        if (_part.WrittenCount > 0)
        {
            Add(_head);
        }
    }

    public void Write(DbDataReader row)
    {
        _line.ResetWrittenCount();
        _json.Reset(_line);
        _json.WriteStartArray();
        for (var i = 0; i < row.FieldCount; i++)
        {
            WriteValue(row.GetValue(i));
        }

        _json.WriteEndArray();
        _json.Flush();
        EndLine(_line);
        if (_part.WrittenCount > 0 && _part.WrittenCount + _line.WrittenCount > PartBytes)
        {
            End();
        }

        if (_part.WrittenCount == 0)
        {
            Add(_head);
        }

        Add(_line);
    }

    /// <summary>The last part, if there is one.</summary>
    public void End()
    {
        if (_part.WrittenCount > 0)
        {
            part(_part.WrittenMemory);
            _part.ResetWrittenCount();
        }
    }

    public void Dispose() => _json.Dispose();

    private void WriteValue(object value)
    {
        switch (value)
        {
            case DBNull:
                _json.WriteNullValue();
                break;
            case string text:
                _json.WriteStringValue(text);
                break;
            case long number:
                _json.WriteNumberValue(number);
                break;
            case int number:
                _json.WriteNumberValue(number);
                break;
            default:
                throw new InvalidOperationException($"The catalog has a value of {value.GetType()}, which exports have no form for.");
        }
    }

    private void Add(ArrayBufferWriter<byte> line) => _part.Write(line.WrittenSpan);

    private static void EndLine(ArrayBufferWriter<byte> line) => line.Write("\n"u8);
}
