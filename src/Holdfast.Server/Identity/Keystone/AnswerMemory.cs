using Holdfast.Control.Users;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>
/// What Keystone said of tokens, by their digests, each for its time. Good ones and unknown ones are kept apart, so many of each at most:
/// whoever invents tokens pushes out other inventions and never a token that is good. What is over goes first, then what is oldest. Not
/// thread-safe. Its times are counted, not told by the time of day, which may be set back.
/// </summary>
internal sealed class AnswerMemory(TimeProvider clock, TimeSpan believed, int most)
{
    /// <summary>A token that is unknown may be asked for again so soon: it may be a second old, on another server of theirs.</summary>
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(5);

    private readonly Shelf _good = new(clock, most);
    private readonly Shelf _unknown = new(clock, most);

    /// <summary>Whether it is remembered at all; <paramref name="token"/> is null where it is remembered as unknown.</summary>
    public bool TryFind(string digest, out Token? token)
    {
        var entry = _good.Find(digest) ?? _unknown.Find(digest);
        token = entry?.Token;
        return entry is not null;
    }

    /// <param name="token">Null when it is unknown.</param>
    public void Remember(string digest, Token? token)
    {
        _good.Remove(digest);
        _unknown.Remove(digest);
        (token is null ? _unknown : _good).Put(new Entry(digest, token, clock.GetTimestamp(), token is null ? UnknownFor : believed));
    }

    private sealed record Entry(string Digest, Token? Token, long HeardAt, TimeSpan Lifetime)
    {
        public bool IsOver(TimeProvider clock) =>
            clock.GetElapsedTime(HeardAt) >= Lifetime || (Token is not null && Token.ExpiresAt <= clock.GetUtcNow());
    }

    private sealed class Shelf(TimeProvider clock, int most)
    {
        private readonly Dictionary<string, LinkedListNode<Entry>> _byDigest = new(StringComparer.Ordinal);
        private readonly LinkedList<Entry> _byAge = new();

        public Entry? Find(string digest) => _byDigest.TryGetValue(digest, out var node) && !node.Value.IsOver(clock) ? node.Value : null;

        public void Remove(string digest)
        {
            if (_byDigest.Remove(digest, out var node))
            {
                _byAge.Remove(node);
            }
        }

        public void Put(Entry entry)
        {
            _byDigest[entry.Digest] = _byAge.AddLast(entry);
            while (_byAge.First is { Value: var oldest } && (oldest.IsOver(clock) || _byAge.Count > most))
            {
                Remove(oldest.Digest);
            }
        }
    }
}
