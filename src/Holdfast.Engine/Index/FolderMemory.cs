using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Index;

/// <summary>
/// What a folder of the store was found to hold, for as long as the folder's state says that it still does. See decision 0019.
/// </summary>
/// <param name="clock">Its timestamps are used, which no change of the time of day touches.</param>
internal sealed class FolderMemory<T>(TimeProvider clock)
    where T : class
{
    /// <summary>A file system's times move in steps, of up to two seconds on some. What was listed counts as all that there is in a state
    /// only when the state had been seen this long before: what comes later must show as another state.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(3);

    /// <summary>The same where the times themselves show that the steps are small (<see cref="FolderState.HasFineTimes"/>).</summary>
    private static readonly TimeSpan LongestFineStep = TimeSpan.FromMilliseconds(100);

    /// <summary>After this time a folder is listed anew whatever its state: for lengths that changed, and for file systems that tell too
    /// little.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private FolderState? _state;
    private long _firstSeenAt;
    private long _listedAt;
    private bool _isSettled;

    /// <summary>What was last found, or null when there was no such folder, or nobody looked.</summary>
    public T? Last { get; private set; }

    /// <summary>Whether what was last found is what the folder holds in this state.</summary>
    public bool Knows(FolderState? state) =>
        state is not null && state == _state && _isSettled && clock.GetElapsedTime(_listedAt) < Longest;

    /// <summary>Keeps what was found in a folder whose state had been asked for before it was listed.</summary>
    /// <param name="listedAt">A timestamp from before it was listed.</param>
    public void Keep(FolderState? state, long listedAt, T? found)
    {
        if (state is null || state != _state)
            _firstSeenAt = clock.GetTimestamp();

        (_state, _listedAt, Last) = (state, listedAt, found);
        _isSettled = clock.GetElapsedTime(_firstSeenAt, listedAt) >= (state is { HasFineTimes: true } ? LongestFineStep : LongestStep);
    }
}
