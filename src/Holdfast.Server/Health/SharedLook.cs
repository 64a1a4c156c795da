namespace Holdfast.Server.Health;

/// <summary>A look at something that may hang, which all who ask at once share: one that hangs is waited for again, by whoever asks, and
/// none is begun beside it. So a dead mount, or a catalog that does not answer, costs one thread.</summary>
/// <param name="look">On a thread of its own: what it calls may block, as SQLite and file systems do.</param>
internal sealed class SharedLook<T>(Func<Task<T>> look)
{
    private readonly Lock _gate = new();
    private Task<T>? _looking;

    /// <summary>The look that is under way, or a new one. It ends when it ends: who has no patience waits with a limit.</summary>
    public Task<T> JoinAsync()
    {
        lock (_gate)
        {
            if (_looking is not { IsCompleted: false })
            {
                _looking = Task
                    .Factory.StartNew(look, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                    .Unwrap();
            }

            return _looking;
        }
    }
}
