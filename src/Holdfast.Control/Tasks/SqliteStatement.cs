using System.Buffers.Text;
using System.Text;
using Holdfast.Engine.Basics;
using SQLitePCL;

namespace Holdfast.Control.Tasks;

/// <summary>A prepared statement of SQLite's own interface. Parameters count from 1, columns from 0. Not for several threads.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(_statement, parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> utf8) => Check(raw.sqlite3_bind_text(_statement, parameter, utf8));

    public void Bind(int parameter, string text) => Check(raw.sqlite3_bind_text(_statement, parameter, text));

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        using var row = Step();
        row.Read();
    }

    /// <summary>Begins to run; dispose what it returns before the next run.</summary>
    public Rows Step() => new(this);

    public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>UTF-8, valid until the next row. Empty for NULL.</summary>
    public ReadOnlySpan<byte> Text(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <summary>Null for NULL, and for an empty text: no column that is read by this holds one.</summary>
    public string? String(int column) => Text(column) is { IsEmpty: false } text ? Encoding.UTF8.GetString(text) : null;

    public Guid? Guid(int column) => Utf8Parser.TryParse(Text(column), out Guid value, out _, 'D') ? value : null;

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Number(column));

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"The catalog could not be read: {raw.sqlite3_errmsg(_connection).utf8_to_string()} (SQLite error {result})."
            );
        }
    }

    /// <summary>A running statement; ends it when disposed, so that it holds no lock.</summary>
    public readonly ref struct Rows(SqliteStatement statement)
    {
        public bool Read()
        {
            var result = raw.sqlite3_step(statement._statement);
            statement.Check(result);
            return result == raw.SQLITE_ROW;
        }

        public void Dispose() => raw.sqlite3_reset(statement._statement);
    }
}
