namespace Holdfast.Control.Users;

/// <summary>
/// The tokens that were read a moment ago, by their digests. Holds so many at most; thread-safe. How long ago is counted and not told by
/// the time of day: a clock that is set back would keep for hours what another process has revoked.
/// </summary>
internal sealed class RecentTokens(TimeProvider clock, TimeSpan lifetime, int most)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Token Token, long ReadAt)> _tokens = new(StringComparer.Ordinal);
    private long _revocations;

    /// <summary>How often a token was forgotten. Taken before a token is read, given back to <see cref="Remember"/>.</summary>
    public long Revocations => Interlocked.Read(ref _revocations);

    public Token? Find(string digest, DateTimeOffset now)
    {
        lock (_gate)
        {
            return _tokens.TryGetValue(digest, out var known) && !IsOver(known.ReadAt) && known.Token.ExpiresAt > now ? known.Token : null;
        }
    }

    /// <summary>Keeps a token, unless one was revoked since <paramref name="asOf"/>: it may have been this one, read just before.</summary>
    public void Remember(string digest, Token token, long asOf)
    {
        lock (_gate)
        {
            if (_revocations != asOf)
            {
                return;
            }

            if (_tokens.Count >= most)
            {
                MakeRoom();
            }

            _tokens[digest] = (token, clock.GetTimestamp());
        }
    }

    public void Forget(string digest)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _revocations);
            _tokens.Remove(digest);
        }
    }

    /// <summary>Forgets all: what somebody may do has changed.</summary>
    public void ForgetAll()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _revocations);
            _tokens.Clear();
        }
    }

    private bool IsOver(long readAt) => clock.GetElapsedTime(readAt) >= lifetime;

    private void MakeRoom()
    {
        foreach (var (digest, kept) in _tokens)
        {
            if (IsOver(kept.ReadAt))
            {
                _tokens.Remove(digest); // a dictionary may be emptied while it is walked
            }
        }

        if (_tokens.Count >= most)
        {
            _tokens.Clear();
        }
    }
}
