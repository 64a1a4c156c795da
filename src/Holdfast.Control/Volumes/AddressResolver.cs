using Holdfast.Control.Loops;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

/// <summary>
/// Asks file systems, where one may be a mount whose server is dead and which then never answers. Who asks waits a bounded time; what hangs
/// keeps a thread until it is let go, and of such threads there are few: then nothing more is asked.
/// </summary>
/// <param name="resolve">Where an address leads, links followed; null when the text is no address. It may hang.</param>
/// <param name="came">Whether an answer came before it was given up.</param>
internal sealed class AddressResolver(Func<string, string?> resolve, Func<Task, CancellationToken, Task<bool>> came)
{
    private const int MostHanging = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private int _hanging;

    public AddressResolver(TimeProvider clock)
        : this(
            static text => DeviceAddress.TryParse(text, out var address) ? address.ResolvedPath : null,
            (asked, cancel) => Answers.CameAsync(asked, Patience, clock, cancel)
        )
    { }

    /// <summary>Runs something that asks a file system.</summary>
    /// <exception cref="TimeoutException">It did not answer in time, or too many before it do not.</exception>
    public async Task<T> AskAsync<T>(Func<T> ask, CancellationToken cancel)
    {
        if (Volatile.Read(ref _hanging) >= MostHanging)
        {
            throw new TimeoutException("Too many file systems do not answer.");
        }

        var asked = OnThread(ask);
        try
        {
            return await came(asked, cancel)
                ? await asked
                : throw new TimeoutException("The file system does not answer.");
        }
        finally
        {
            CountWhileHanging(asked);
        }
    }

    /// <summary>Where each of the addresses leads. What does not answer in time, and what is no address, is left out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ResolveAsync(IReadOnlyList<string> sources, CancellationToken cancel)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < sources.Count && Volatile.Read(ref _hanging) < MostHanging;)
        {
            var walk = new Walk([.. sources.Skip(at)], resolve);
            var walking = OnThread(walk.Run);
            try
            {
                var before = -1;
                while (walk.Count is var done && done != before && !await came(walking, cancel))
                {
                    before = done;
                }
            }
            finally
            {
                walk.Leave();
                CountWhileHanging(walking);
            }

            var results = walk.Results();
            for (var i = 0; i < results.Count; i++)
            {
                if (results[i] is { } path)
                {
                    found[sources[at + i]] = path;
                }
            }

            at += results.Count + 1; // the one that hangs, or the end
        }

        return found;
    }

    private static Task<T> OnThread<T>(Func<T> ask) =>
        Task.Factory.StartNew(ask, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void CountWhileHanging(Task asked)
    {
        if (asked.IsCompleted)
        {
            return;
        }

        Interlocked.Increment(ref _hanging);
        asked.ContinueWith(
            ended =>
            {
                _ = ended.Exception; // seen
                Interlocked.Decrement(ref _hanging);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    /// <summary>Goes through addresses until it is left.</summary>
    private sealed class Walk(IReadOnlyList<string> sources, Func<string, string?> resolve)
    {
        private readonly List<string?> _results = [];
        private bool _isLeft;

        public int Count
        {
            get
            {
                lock (_results)
                {
                    return _results.Count;
                }
            }
        }

        public bool Run()
        {
            foreach (var source in sources)
            {
                var path = resolve(source);
                lock (_results)
                {
                    if (_isLeft)
                    {
                        return false;
                    }

                    _results.Add(path);
                }
            }

            return true;
        }

        public void Leave()
        {
            lock (_results)
            {
                _isLeft = true;
            }
        }

        public IReadOnlyList<string?> Results()
        {
            lock (_results)
            {
                return [.. _results];
            }
        }
    }
}
