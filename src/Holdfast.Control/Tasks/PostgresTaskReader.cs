using Holdfast.Control.Catalog;
using Npgsql;

namespace Holdfast.Control.Tasks;

/// <summary>Reads pages of tasks from PostgreSQL in one round trip. The driver prepares the statements and keeps them with its
/// connections.</summary>
internal sealed class PostgresTaskReader(CatalogDatabase database) : ITaskReader
{
    public async ValueTask<TaskQueryOutcome> QueryAsync(TaskQuery query, CancellationToken cancel)
    {
        await using var connection = (NpgsqlConnection)await database.OpenAsync(cancel);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(CountOf(query));
        batch.BatchCommands.Add(query.Task is { } one ? OneOf(query, one) : PageOf(query));
        if (query.Marker is { } marker)
        {
            batch.BatchCommands.Add(KeyOf(query, marker));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        return await ReadAsync(query, reader, cancel);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<TaskQueryOutcome> ReadAsync(TaskQuery query, NpgsqlDataReader reader, CancellationToken cancel)
    {
        if (!await reader.ReadAsync(cancel))
        {
            return TaskQueryOutcome.NoSuchPolicy.Instance;
        }

        var count = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        var tasks = new List<BackupTask>(Math.Min(query.Limit, 64));
        while (await reader.ReadAsync(cancel))
        {
            tasks.Add(TaskOf(reader, query.Policy));
        }

        long? markerAt = null;
        if (query.Marker is not null)
        {
            await reader.NextResultAsync(cancel);
            if (!await reader.ReadAsync(cancel))
            {
                return TaskQueryOutcome.NoSuchMarker.Instance;
            }

            markerAt = reader.GetInt64(0);
        }

        return query.Task is null ? new TaskQueryOutcome.Page(count, tasks) : TaskPaging.PageOfOne(query, tasks.FirstOrDefault(), markerAt);
    }

    private static NpgsqlBatchCommand CountOf(TaskQuery query)
    {
        var command = query.Status is null ? new NpgsqlBatchCommand(CountSql) : new NpgsqlBatchCommand(CountOfStatusSql);
        command.Parameters.Add(Text(query.Policy.ToString()));
        command.Parameters.Add(Text(query.Project.Value));
        if (query.Status is { } status)
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)status });
        }

        return command;
    }

    private static NpgsqlBatchCommand OneOf(TaskQuery query, BackupTaskId id) => Keyed(OneSql, query, id);

    private static NpgsqlBatchCommand KeyOf(TaskQuery query, BackupTaskId id) => Keyed(KeySql, query, id);

    private static NpgsqlBatchCommand Keyed(string sql, TaskQuery query, BackupTaskId id)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(Text(id.ToString()));
        command.Parameters.Add(Text(query.Policy.ToString()));
        return command;
    }

    private static NpgsqlBatchCommand PageOf(TaskQuery query)
    {
        var command = new NpgsqlBatchCommand(TaskListSql.PostgresPage(TaskPaging.ShapeOf(query), query.Limit, query.Offset > 0));
        command.Parameters.Add(Text(query.Policy.ToString()));
        if (query.Status is { } status)
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)status });
        }

        if (query.Marker is { } marker)
        {
            command.Parameters.Add(Text(marker.ToString()));
        }

        if (query.Offset > 0)
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = query.Offset });
        }

        return command;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static BackupTask TaskOf(NpgsqlDataReader row, PolicyId policy) =>
        new()
        {
            Id = new(Guid.ParseExact(row.GetString(0), "D")),
            Policy = policy,
            Volume = new(Guid.ParseExact(row.GetString(1), "D")),
            Status = (BackupTaskStatus)row.GetInt32(2),
            Origin = (TaskOrigin)row.GetInt32(3),
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            FinishedAt = TimeOf(row, 5),
            BackupName = StringOf(row, 6),
            Backup = StringOf(row, 7) is { } backup ? new(Guid.ParseExact(backup, "D")) : null,
            Job = StringOf(row, 8) is { } job ? new(job) : null,
            Code = StringOf(row, 9),
            Message = StringOf(row, 10),
            SlotAt = TimeOf(row, 11),
        };

    private static string? StringOf(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset? TimeOf(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private static readonly string CountSql = TaskListSql.Count('$');
    private static readonly string CountOfStatusSql = TaskListSql.CountOfStatus('$');
    private static readonly string KeySql = TaskListSql.Key('$');
    private static readonly string OneSql = TaskListSql.One('$');
}
