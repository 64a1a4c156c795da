namespace Holdfast.Control.Users;

/// <summary>
/// Who waits for their password to be hashed. Each try takes 19 MiB and a core; more of them than cores would only take memory. Whoever
/// floods the door waits in it, as long as there is room, and only a part of the room is for one address: others still find some. Admins
/// who make users do not wait here at all.
/// </summary>
/// <param name="atOnce">Tries at once, at least 1; the others wait.</param>
public sealed class LoginTurns(int atOnce) : IDisposable
{
    /// <summary>A second or two of work.</summary>
    public const int Room = 64;

    /// <summary>Behind a proxy all callers have one address: so many may log in at once.</summary>
    public const int RoomOfAddress = 16;

    private readonly SemaphoreSlim _tries = new(atOnce);
    private readonly SemaphoreSlim _administration = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _waitingOf = new(StringComparer.Ordinal);
    private int _waiting;

    /// <exception cref="TooManyTriesException">There is no room for this address.</exception>
    public async Task<T> RunAsync<T>(string from, Func<T> hash, CancellationToken cancel)
    {
        await WaitAsync(from, cancel);
        return await RunAndReleaseAsync(_tries, hash, cancel);
    }

    /// <summary>The same for passwords that somebody else checks.</summary>
    /// <exception cref="TooManyTriesException">There is no room for this address.</exception>
    public async Task<T> RunAsync<T>(string from, Func<Task<T>> ask, CancellationToken cancel)
    {
        await WaitAsync(from, cancel);
        try
        {
            return await ask();
        }
        finally
        {
            _tries.Release();
        }
    }

    /// <summary>For those who have shown who they are and that they may: one at a time, beside the queue.</summary>
    public async Task<T> RunForAdminAsync<T>(Func<T> hash, CancellationToken cancel)
    {
        await _administration.WaitAsync(cancel);
        return await RunAndReleaseAsync(_administration, hash, cancel);
    }

    public void Dispose()
    {
        _tries.Dispose();
        _administration.Dispose();
    }

    private static async Task<T> RunAndReleaseAsync<T>(SemaphoreSlim turn, Func<T> hash, CancellationToken cancel)
    {
        try
        {
            return await Task.Run(hash, cancel);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task WaitAsync(string from, CancellationToken cancel)
    {
        lock (_gate)
        {
            var own = _waitingOf.GetValueOrDefault(from);
            if (own >= RoomOfAddress || _waiting >= Room)
            {
                throw new TooManyTriesException();
            }

            (_waitingOf[from], _waiting) = (own + 1, _waiting + 1);
        }

        try
        {
            await _tries.WaitAsync(cancel);
        }
        finally
        {
            Leave(from);
        }
    }

    private void Leave(string from)
    {
        lock (_gate)
        {
            _waiting--;
            if (--_waitingOf[from] == 0)
            {
                _waitingOf.Remove(from);
            }
        }
    }
}
