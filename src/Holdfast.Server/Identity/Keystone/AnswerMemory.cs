using Holdfast.Control.Users;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>
/// What Keystone said of tokens, by their digests, each for its time. Good ones and unknown ones are kept apart, so many of each at most:
/// whoever invents tokens pushes out other inventions and never a token that is good. What is over goes first, then what is oldest. Not
/// thread-safe.
/// </summary>
internal sealed class AnswerMemory(TimeSpan believed, int most)
{
    /// <summary>A token that is unknown may be asked for again so soon: it may be a second old, on another server of theirs.</summary>
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(5);

    private readonly Shelf _good = new(most);
    private readonly Shelf _unknown = new(most);

    /// <summary>Whether it is remembered at all; <paramref name="token"/> is null where it is remembered as unknown.</summary>
    public bool TryFind(string digest, DateTimeOffset now, out Token? token)
    {
        var entry = _good.Find(digest, now) ?? _unknown.Find(digest, now);
        token = entry?.Token;
        return entry is not null;
    }

    /// <param name="token">Null when it is unknown.</param>
    public void Remember(string digest, Token? token, DateTimeOffset now)
    {
        _good.Remove(digest);
        _unknown.Remove(digest);
        var until = now + (token is null ? UnknownFor : believed);
        (token is null ? _unknown : _good).Put(
            new Entry(digest, token, token is not null && token.ExpiresAt < until ? token.ExpiresAt : until),
            now
        );
    }

    private sealed record Entry(string Digest, Token? Token, DateTimeOffset Until);

    private sealed class Shelf(int most)
    {
        private readonly Dictionary<string, LinkedListNode<Entry>> _byDigest = new(StringComparer.Ordinal);
        private readonly LinkedList<Entry> _byAge = new();

        public Entry? Find(string digest, DateTimeOffset now) =>
            _byDigest.TryGetValue(digest, out var node) && node.Value.Until > now ? node.Value : null;

        public void Remove(string digest)
        {
            if (_byDigest.Remove(digest, out var node))
            {
                _byAge.Remove(node);
            }
        }

        public void Put(Entry entry, DateTimeOffset now)
        {
            _byDigest[entry.Digest] = _byAge.AddLast(entry);
            while (_byAge.First is { Value: var oldest } && (oldest.Until <= now || _byAge.Count > most))
            {
                Remove(oldest.Digest);
            }
        }
    }
}
