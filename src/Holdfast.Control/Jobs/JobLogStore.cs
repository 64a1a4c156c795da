using System.Data.Common;
using Holdfast.Control.Catalog;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Jobs;

/// <summary>
/// The logs of jobs: what each of them did and met, for as long as the job is kept. A log is bounded; of one that grew too long the middle
/// is left out, so that its beginning and its end are always there. See docs/job-logs.md.
/// </summary>
public sealed class JobLogStore(CatalogDatabase database, TimeProvider clock, ILogger<JobLogStore> log)
{
    /// <summary>Lines at the beginning of a log that are never left out.</summary>
    public const int MostFirst = 1000;

    /// <summary>The last lines, which are never left out either. Between both a line tells how many were.</summary>
    public const int MostLast = 1000;

    /// <summary>Characters of a text that is searched for.</summary>
    public const int MostSearch = 200;

    /// <summary>Two writers of one log are a worker that lost its job and the next. Each time they meet one of them has written.</summary>
    private const int MostTries = 100;

    private const string Savepoint = "job_log_lines";
    private const string LastSql = "SELECT coalesce(max(number), 0) FROM job_log WHERE job_id = @job";
    private const string InsertSql = """
        INSERT INTO job_log (job_id, number, at, level, attempt, message, fields)
        VALUES (@job, @number, @at, @level, @attempt, @message, @fields)
        """;
    private const string LeaveOutSql = "DELETE FROM job_log WHERE job_id = @job AND number >= @gap AND number <= @end";

    private readonly string _readSql = $"""
        SELECT number AS Number, at AS At, level AS Level, attempt AS Attempt, message AS Message, fields AS Fields
        FROM job_log WHERE job_id = @job AND number > @after
        """;
    private readonly string _searchSql = $"""
         AND lower(message{database.Dialect.Ordinal}) LIKE @pattern ESCAPE '!'
        """;

    /// <summary>Lines of a job's log in their order.</summary>
    /// <param name="after">Only those with greater numbers; 0 for all.</param>
    /// <param name="search">Only those whose message has this text in it, whatever its case in ASCII; null for all.</param>
    public Task<IReadOnlyList<JobLogLine>> ReadAsync(JobId job, long after, int limit, string? search, CancellationToken cancel) =>
        database.ReadAllAsync<JobLogLine>(
            $"{_readSql}{(search is null ? "" : _searchSql)} ORDER BY number LIMIT @limit",
            new
            {
                job = job.Value,
                after,
                limit,
                pattern = search is null ? null : PatternOf(search),
            },
            cancel
        );

    internal JobLogLine LineOf(JobLogLevel level, int attempt, string message, params (string Name, object Value)[] fields) =>
        JobLogLine.Of(clock.GetUtcNow(), level, attempt, message, fields);

    internal JobLogWriter Open(Job job) => new(this, job.Id, job.Attempt, clock, log);

    /// <summary>Writes lines in a transaction of their own.</summary>
    internal async Task AppendAsync(JobId job, IReadOnlyList<JobLogLine> lines, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            await using var tx = await database.BeginAsync(cancel);
            try
            {
                await WriteAsync(tx, job, lines, cancel);
                await tx.CommitAsync(cancel);
                return;
            }
            catch (DbException e) when (IsTaken(e) && tries < MostTries)
            {
                // Another writer has just taken the number.
            }
        }
    }

    /// <summary>Writes lines in a transaction that is about something else: what cannot be written is a warning in the service's log, and
    /// the transaction goes on without.</summary>
    /// <returns>Whether they were written.</returns>
    internal async Task<bool> TryAppendAsync(
        CatalogTransaction tx,
        JobId job,
        IReadOnlyList<JobLogLine> lines,
        CancellationToken cancel
    )
    {
        for (var tries = 1; ; tries++)
        {
            await tx.Transaction.SaveAsync(Savepoint, cancel);
            try
            {
                await WriteAsync(tx, job, lines, cancel);
                await tx.Transaction.ReleaseAsync(Savepoint, cancel);
                return true;
            }
            catch (DbException e)
            {
                await tx.Transaction.RollbackAsync(Savepoint, cancel);
                await tx.Transaction.ReleaseAsync(Savepoint, cancel);
                if (!IsTaken(e) || tries == MostTries)
                {
                    JobMessages.LogNotWritten(log, e, job);
                    return false;
                }
            }
        }
    }

    private static bool IsTaken(DbException e) => e.SqlState == "23505";

    private static async Task WriteAsync(CatalogTransaction tx, JobId job, IReadOnlyList<JobLogLine> lines, CancellationToken cancel)
    {
        var last = await tx.FindAsync<long>(LastSql, new { job = job.Value }, cancel);
        foreach (var line in lines)
        {
            await InsertAsync(tx, job, line with { Number = ++last }, cancel);
        }

        var (gap, end) = (MostFirst + 1, last - MostLast);
        if (lines.Count > 0 && end > gap)
        {
            await tx.ExecuteAsync(
                LeaveOutSql,
                new
                {
                    job = job.Value,
                    gap,
                    end,
                },
                cancel
            );
            var told = lines[^1] with
            {
                Number = gap,
                Level = JobLogLevel.Info,
                Message =
                    $"{end - MostFirst} lines were left out here: of a log its first {MostFirst} and its last {MostLast} lines are "
                    + "kept.",
                Fields = null,
            };
            await InsertAsync(tx, job, told, cancel);
        }
    }

    private static Task<int> InsertAsync(CatalogTransaction tx, JobId job, JobLogLine line, CancellationToken cancel) =>
        tx.ExecuteAsync(
            InsertSql,
            new
            {
                job = job.Value,
                number = line.Number,
                at = line.At.ToUnixTimeMilliseconds(),
                level = (int)line.Level,
                attempt = line.Attempt,
                message = line.Message,
                fields = line.Fields,
            },
            cancel
        );

    /// <summary>For LIKE, which has letters of its own.</summary>
    private static string PatternOf(string search) =>
        $"%{string.Concat(search.Select(PatternOf))}%";

    private static string PatternOf(char c) =>
        c is '%' or '_' or '!' ? $"!{c}"
        : char.IsAsciiLetterUpper(c) ? $"{(char)(c | 0x20)}"
        : $"{c}";
}
