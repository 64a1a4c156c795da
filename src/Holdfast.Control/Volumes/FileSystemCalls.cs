using Holdfast.Control.Loops;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

/// <summary>
/// Calls of a file system that may never answer, as one whose server is dead does not. Who calls waits a bounded time. A call that hangs
/// keeps a thread of its own until it is let go; of one place there are at most two such threads, and of all sixty-four: what else would
/// call there is refused at once, and other places are not touched by it.
/// </summary>
/// <param name="patience">How long a call may take before it is given up.</param>
/// <param name="came">Whether it ended by then.</param>
internal sealed class FileSystemCalls(TimeSpan patience, Func<Task, CancellationToken, Task<bool>> came)
{
    /// <summary>For who waits for an answer of the API.</summary>
    public static readonly FileSystemCalls Asking = new(TimeSpan.FromSeconds(5));

    private const int MostAtOnePlace = 2;
    private const int MostOfAll = 64;

    private readonly Dictionary<string, int> _hanging = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>For jobs: a disk that sleeps needs its time.</summary>
    public FileSystemCalls()
        : this(TimeSpan.FromSeconds(30)) { }

    public FileSystemCalls(TimeSpan patience)
        : this(patience, (asked, cancel) => Answers.CameAsync(asked, patience, TimeProvider.System, cancel)) { }

    /// <summary>Calls, on a thread of its own.</summary>
    /// <param name="address">What the call is about, a path or an address; its file system is the place.</param>
    /// <param name="abandon">Ends what an answer that came too late holds; null where it holds nothing.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when there is no answer in time. It names no
    /// path.</exception>
    public async Task<T> AskAsync<T>(string address, Func<Task<T>> ask, Func<T, ValueTask>? abandon, CancellationToken cancel)
    {
        var place = MountPoints.Of(DeviceAddress.PathIn(address) ?? address);
        lock (_hanging)
        {
            if (_all >= MostOfAll || _hanging.GetValueOrDefault(place) >= MostAtOnePlace)
            {
                throw NoAnswer();
            }
        }

        var asked = Task
            .Factory.StartNew(ask, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .Unwrap();
        var isAnswered = false;
        try
        {
            isAnswered = await came(asked, cancel);
        }
        finally
        {
            if (!isAnswered)
            {
                Leave(place, asked, abandon);
            }
        }

        return isAnswered ? await asked : throw NoAnswer();
    }

    /// <summary>As <see cref="AskAsync"/>, for what answers nothing.</summary>
    public Task CallAsync(string address, Action call, CancellationToken cancel) =>
        AskAsync(
            address,
            () =>
            {
                call();
                return Task.FromResult(true);
            },
            abandon: null,
            cancel
        );

    private void Leave<T>(string place, Task<T> asked, Func<T, ValueTask>? abandon)
    {
        Count(place, 1);
        asked.ContinueWith(
            async ended =>
            {
                try
                {
                    if (ended.IsCompletedSuccessfully && abandon is not null)
                    {
                        await abandon(ended.Result);
                    }

                    _ = ended.Exception; // seen
                }
                finally
                {
                    Count(place, -1);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
    }

    private void Count(string place, int more)
    {
        lock (_hanging)
        {
            _all += more;
            _hanging[place] = _hanging.GetValueOrDefault(place) + more;
            if (_hanging[place] == 0)
            {
                _hanging.Remove(place);
            }
        }
    }

    private HoldfastException NoAnswer() =>
        new(
            FailureKind.Unavailable,
            $"The file system there has not answered for {patience.TotalSeconds:0} seconds. Is the server, or the disk, that it is on "
                + "there? Mount it again, or unmount it."
        );
}
