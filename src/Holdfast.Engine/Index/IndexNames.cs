using System.Buffers.Binary;

namespace Holdfast.Engine.Index;

/// <summary>
/// Names of new index objects: UUIDs of version 7, each after all that were seen in the store. The time of day alone does not order them:
/// it may be set back, and of two places of an item the one that is named later counts. Thread-safe.
/// </summary>
internal sealed class IndexNames(TimeProvider clock)
{
    /// <summary>Far beyond the years that the framework knows.</summary>
    private const long MostMilliseconds = (1L << 48) - 1;

    private readonly Lock _gate = new();
    private long _latest = -1;

    /// <summary>Whether the store was ever looked at.</summary>
    public bool HasSeen { get; private set; }

    /// <summary>Takes note of names that are in the store.</summary>
    public void Saw(IEnumerable<Guid> names)
    {
        lock (_gate)
        {
            HasSeen = true;
            foreach (var name in names)
                _latest = Math.Max(_latest, MillisecondsOf(name));
        }
    }

    /// <summary>A name that was never used, of this time or, where a later one was seen, of the millisecond after that.</summary>
    public Guid Next()
    {
        lock (_gate)
        {
            _latest = Math.Max(_latest + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
            return Of(_latest);
        }
    }

    /// <summary>A name that was never used and that stands where another stands.</summary>
    public static Guid Like(Guid name) => Of(MillisecondsOf(name));

    /// <summary>The first 48 bits: milliseconds since 1970 (RFC 9562 section 5.7).</summary>
    private static long MillisecondsOf(Guid name) => (long)(BinaryPrimitives.ReadUInt64BigEndian(name.ToByteArray(bigEndian: true)) >> 16);

    private static Guid Of(long milliseconds)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7().TryWriteBytes(bytes, bigEndian: true, out _);
        var rest = BinaryPrimitives.ReadUInt64BigEndian(bytes) & 0xffff;
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)Math.Min(milliseconds, MostMilliseconds) << 16) | rest);
        return new Guid(bytes, bigEndian: true);
    }
}
