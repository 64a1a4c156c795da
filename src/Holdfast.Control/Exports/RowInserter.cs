using System.Data.Common;
using System.Globalization;
using System.Text;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Exports;

/// <summary>Inserts rows into a table, many with each statement.</summary>
internal sealed class RowInserter(CatalogTransaction tx, string table, IReadOnlyList<string> columns) : IAsyncDisposable
{
    private const int Batch = 100;

    private readonly List<object?[]> _waiting = new(Batch);
    private DbCommand? _full;

    /// <param name="values">One for each column. Kept until they are written.</param>
    public async Task AddAsync(object?[] values, CancellationToken cancel)
    {
        _waiting.Add(values);
        if (_waiting.Count == Batch)
        {
            _full ??= Make(Batch);
            await WriteAsync(_full, cancel);
        }
    }

    /// <summary>Writes what was added last.</summary>
    public async Task EndAsync(CancellationToken cancel)
    {
        if (_waiting.Count > 0)
        {
            await using var rest = Make(_waiting.Count);
            await WriteAsync(rest, cancel);
        }
    }

    public ValueTask DisposeAsync() => _full?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task WriteAsync(DbCommand command, CancellationToken cancel)
    {
        var at = 0;
        foreach (var row in _waiting)
        {
            foreach (var value in row)
            {
                command.Parameters[at++].Value = value ?? DBNull.Value;
            }
        }

        await command.ExecuteNonQueryAsync(cancel);
        _waiting.Clear();
    }

    private DbCommand Make(int rows)
    {
        var command = tx.Connection.CreateCommand();
        command.Transaction = tx.Transaction;
        var sql = new StringBuilder($"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ");
        for (var number = 1; number <= rows * columns.Count; number++)
        {
            var name = "$" + number.ToString(CultureInfo.InvariantCulture);
            var isFirst = number % columns.Count == 1 || columns.Count == 1;
            sql.Append(isFirst ? (number == 1 ? "(" : "), (") : ", ").Append(name);

            // PostgreSQL takes them by their places, and then they have no names.
            var parameter = command.CreateParameter();
            parameter.ParameterName = tx.Dialect == SqlDialect.Postgres ? "" : name;
            command.Parameters.Add(parameter);
        }

        command.CommandText = sql.Append(')').ToString();
        return command;
    }
}
