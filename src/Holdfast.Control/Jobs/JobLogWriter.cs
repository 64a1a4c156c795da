using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Jobs;

/// <summary>
/// Writes the log of an attempt at a job. A line waits in memory for at most a second and is written with its neighbours; what is left is
/// written in the transaction that ends the attempt. Nothing here holds the work up or fails it: a log that cannot be written is a warning
/// in the service's own. Any thread may write.
/// </summary>
internal sealed class JobLogWriter : IAsyncDisposable
{
    /// <summary>Lines that wait at most, where the catalog takes none. The oldest go.</summary>
    private const int MostWaiting = 1000;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly JobLogStore _store;
    private readonly JobId _job;
    private readonly int _attempt;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly List<JobLogLine> _waiting = [];

    /// <summary>What was written in the transaction that ends the attempt, until that is known to be committed.</summary>
    private (List<JobLogLine> Lines, long Lost) _withEnd = ([], 0);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Pulse _pump;
    private (long Done, long Total)? _reached;
    private long _lost;
    private bool _isWarned;
    private bool _isEnding;

    public JobLogWriter(JobLogStore store, JobId job, int attempt, TimeProvider clock, ILogger log)
    {
        (_store, _job, _attempt, _log) = (store, job, attempt, log);
        _pump = new Pulse(
            Between,
            clock,
            async _ =>
            {
                await WriteAsync();
                return true;
            }
        );
    }

    /// <summary>How far the attempt is, of what; null where nothing was told.</summary>
    public (long Done, long Total)? Reached
    {
        get
        {
            lock (_gate)
            {
                return _reached;
            }
        }
    }

    /// <summary>Says how far the attempt is, in bytes.</summary>
    public void Reach(long done, long total)
    {
        lock (_gate)
        {
            _reached = (done, total);
        }
    }

    public void Info(string message, params (string Name, object Value)[] fields) => Add(JobLogLevel.Info, message, fields);

    public void Warning(string message, params (string Name, object Value)[] fields) => Add(JobLogLevel.Warning, message, fields);

    public void Error(string message, params (string Name, object Value)[] fields) => Add(JobLogLevel.Error, message, fields);

    /// <summary>Lets nothing be written from here on but with the end. To be called before the transaction begins that ends the attempt:
    /// within it, it would wait for a write that waits for the transaction.</summary>
    public async Task HoldAsync(CancellationToken cancel)
    {
        if (!_isEnding)
        {
            await _writing.WaitAsync(cancel);
            _isEnding = true;
        }
    }

    /// <summary>Writes what waits, and this line behind it, in the transaction that ends the attempt. Call <see cref="HoldAsync"/> before
    /// that begins, and <see cref="Ended"/> once it is committed.</summary>
    public async Task EndAsync(
        CatalogTransaction tx,
        JobLogLevel level,
        string message,
        CancellationToken cancel,
        params (string Name, object Value)[] fields
    )
    {
        if (!_isEnding)
        {
            throw new InvalidOperationException($"The log of job {_job} is not held.");
        }

        var (lines, lost) = Waiting();
        var end = _store.LineOf(level, _attempt, message, fields);
        if (await _store.TryAppendAsync(tx, _job, [.. Told(lines, lost), end], cancel))
        {
            _withEnd = (lines, lost);
            return;
        }

        // The attempt ends all the same; its log is tried once more when this is disposed.
        _withEnd = ([], 0);
        Keep(end);
    }

    /// <summary>What waited is written.</summary>
    public void Ended() => Written(_withEnd.Lines, _withEnd.Lost);

    /// <summary>Writes what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isEnding)
        {
            _writing.Release();
        }

        await _pump.DisposeAsync();
        await WriteAsync();
        _writing.Dispose();
    }

    private void Add(JobLogLevel level, string message, (string Name, object Value)[] fields) =>
        Keep(_store.LineOf(level, _attempt, message, fields));

    private void Keep(JobLogLine line)
    {
        lock (_gate)
        {
            if (_waiting.Count == MostWaiting)
            {
                _waiting.RemoveAt(0);
                _lost++;
            }

            _waiting.Add(line);
        }
    }

    private async Task WriteAsync()
    {
        await _writing.WaitAsync(CancellationToken.None);
        try
        {
            var (lines, lost) = Waiting();
            if (lines.Count > 0)
            {
                await _store.AppendAsync(_job, Told(lines, lost), CancellationToken.None);
                Written(lines, lost);
            }
        }
        catch (Exception e)
        {
            if (!_isWarned)
            {
                _isWarned = true;
                JobMessages.LogNotWritten(_log, e, _job);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private (List<JobLogLine> Lines, long Lost) Waiting()
    {
        lock (_gate)
        {
            return ([.. _waiting], _lost);
        }
    }

    /// <summary>The lines, with one in front of them that tells how many were lost.</summary>
    private static List<JobLogLine> Told(List<JobLogLine> lines, long lost) =>
        lost == 0 || lines.Count == 0
            ? lines
            :
            [
                lines[0] with
                {
                    Level = JobLogLevel.Warning,
                    Message = $"{lost} lines before this one are lost: the catalog could not take them.",
                    Fields = null,
                },
                .. lines,
            ];

    /// <param name="lost">How many were told as lost: others may have been lost since.</param>
    private void Written(List<JobLogLine> lines, long lost)
    {
        lock (_gate)
        {
            // Others may have come meanwhile, and pushed some of these out.
            var written = lines.ToHashSet<JobLogLine>(ReferenceEqualityComparer.Instance);
            _waiting.RemoveAll(written.Contains);
            _lost -= lines.Count > 0 ? lost : 0;
        }
    }
}
