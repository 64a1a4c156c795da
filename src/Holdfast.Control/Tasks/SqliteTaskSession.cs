using Microsoft.Data.Sqlite;

namespace Holdfast.Control.Tasks;

/// <summary>
/// One reading connection with its prepared statements. Used by one thread at a time. Speaks to SQLite itself, beneath ADO.NET: the
/// driver's reader costs as much again as the query, in strings and boxes that nobody keeps (measured in docs/decisions).
/// </summary>
internal sealed class SqliteTaskSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<PageShape, SqliteStatement> _pages = [];
    private readonly Dictionary<PageShape, SqliteStatement> _skips = [];
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _count;
    private readonly SqliteStatement _countOfStatus;
    private readonly SqliteStatement _key;
    private readonly SqliteStatement _one;
    private readonly byte[] _policy = new byte[36];
    private readonly byte[] _startId = new byte[36];

    public SqliteTaskSession(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN");
        _commit = Prepare("COMMIT");
        _count = Prepare(TaskListSql.Count('?'));
        _countOfStatus = Prepare(TaskListSql.CountOfStatus('?'));
        _key = Prepare(TaskListSql.Key('?'));
        _one = Prepare(TaskListSql.One('?'));
    }

    /// <summary>After a failure the connection's state is not known; it is closed, not kept.</summary>
    public bool IsBroken { get; private set; } = true;

    /// <summary>All statements of a query read one snapshot.</summary>
    public TaskQueryOutcome Query(TaskQuery query)
    {
        IsBroken = true;
        _begin.Run();
        var outcome = Read(query);
        _commit.Run();
        IsBroken = false;
        return outcome;
    }

    public void Dispose()
    {
        foreach (
            var statement in (SqliteStatement[])[_begin, _commit, _count, _countOfStatus, _key, _one, .. _pages.Values, .. _skips.Values]
        )
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private TaskQueryOutcome Read(TaskQuery query)
    {
        query.Policy.Value.TryFormat(_policy, out _, "D");
        if (Count(query) is not { } count)
        {
            return TaskQueryOutcome.NoSuchPolicy.Instance;
        }

        var markerAt = query.Marker is { } marker ? KeyOf(marker) : null;
        if (query.Marker is not null && markerAt is null)
        {
            return TaskQueryOutcome.NoSuchMarker.Instance;
        }

        if (query.Task is { } one)
        {
            return TaskPaging.PageOfOne(query, Find(query, one), markerAt);
        }

        return new TaskQueryOutcome.Page(count, query.Offset >= count ? [] : Page(query, markerAt));
    }

    private long? Count(TaskQuery query)
    {
        var statement = query.Status is null ? _count : _countOfStatus;
        statement.Bind(1, _policy);
        statement.Bind(2, query.Project.Value);
        if (query.Status is { } status)
        {
            statement.Bind(3, (long)status);
        }

        using var row = statement.Step();
        return row.Read() ? statement.Number(0) : null;
    }

    /// <summary>When a task of the policy was made; leaves its id where a page's start is bound from.</summary>
    private long? KeyOf(BackupTaskId id)
    {
        id.Value.TryFormat(_startId, out _, "D");
        _key.Bind(1, _startId);
        _key.Bind(2, _policy);
        using var row = _key.Step();
        return row.Read() ? _key.Number(0) : null;
    }

    private BackupTask? Find(TaskQuery query, BackupTaskId id)
    {
        Span<byte> text = stackalloc byte[36];
        id.Value.TryFormat(text, out _, "D");
        _one.Bind(1, text);
        _one.Bind(2, _policy);
        using var row = _one.Step();
        return row.Read() ? TaskOf(_one, query.Policy) : null;
    }

    private List<BackupTask> Page(TaskQuery query, long? startAt)
    {
        var shape = TaskPaging.ShapeOf(query);
        if (query.Offset > 0)
        {
            startAt = Skip(query, shape, startAt);
            if (startAt is null)
            {
                return [];
            }

            shape = shape with { Start = PageStart.At };
        }

        var statement = Get(_pages, shape, TaskListSql.SqlitePage);
        statement.Bind(BindStart(statement, query, shape, startAt), query.Limit);
        var tasks = new List<BackupTask>(Math.Min(query.Limit, 64));
        using var row = statement.Step();
        while (row.Read())
        {
            tasks.Add(TaskOf(statement, query.Policy));
        }

        return tasks;
    }

    private long? Skip(TaskQuery query, PageShape shape, long? startAt)
    {
        var statement = Get(_skips, shape, TaskListSql.SqliteSkip);
        statement.Bind(BindStart(statement, query, shape, startAt), query.Offset);
        using var row = statement.Step();
        if (!row.Read())
        {
            return null;
        }

        statement.Text(1).CopyTo(_startId);
        return statement.Number(0);
    }

    /// <summary>Returns the number of the next parameter.</summary>
    private int BindStart(SqliteStatement statement, TaskQuery query, PageShape shape, long? startAt)
    {
        var next = 1;
        statement.Bind(next++, _policy);
        if (query.Status is { } status)
        {
            statement.Bind(next++, (long)status);
        }

        if (shape.Start != PageStart.Top)
        {
            statement.Bind(next++, startAt.GetValueOrDefault());
            statement.Bind(next++, _startId);
        }

        return next;
    }

    /// <summary>Which columns are NULL follows from the state, as the catalog's CHECKs say, so SQLite is not asked for each.</summary>
    private static BackupTask TaskOf(SqliteStatement row, PolicyId policy)
    {
        var status = (BackupTaskStatus)row.Number(2);
        var origin = (TaskOrigin)row.Number(3);
        var failed = status is BackupTaskStatus.Failed or BackupTaskStatus.TimedOut or BackupTaskStatus.Skipped;
        return new BackupTask
        {
            Id = new(row.Guid(0).GetValueOrDefault()),
            Policy = policy,
            Volume = new(row.Guid(1).GetValueOrDefault()),
            Status = status,
            Origin = origin,
            CreatedAt = row.Time(4),
            FinishedAt = status.IsEnd() ? row.Time(5) : null,
            BackupName = row.String(6),
            Backup = row.Guid(7) is { } backup ? new(backup) : null,
            Job = row.String(8) is { } job ? new(job) : null,
            Code = failed ? row.String(9) : null,
            Message = failed ? row.String(10) : null,
            SlotAt = origin == TaskOrigin.Scheduled ? row.Time(11) : null,
        };
    }

    private SqliteStatement Get(Dictionary<PageShape, SqliteStatement> statements, PageShape shape, Func<PageShape, string> sql)
    {
        if (!statements.TryGetValue(shape, out var statement))
        {
            statements[shape] = statement = Prepare(sql(shape));
        }

        return statement;
    }

    private SqliteStatement Prepare(string sql) => new(_connection.Handle!, sql); // open, so it has a handle
}
