using System.Globalization;

namespace Holdfast.Engine.Upkeep;

/// <summary>How much of a repository a check looks at.</summary>
public sealed record CheckOptions
{
    /// <summary>Which packs are read whole, each frame opened and each item hashed; null for none. What lies at both ends of each pack,
    /// the index, the manifests and the maps are always looked at.</summary>
    public CheckShare? Read { get; init; }
}

/// <summary>
/// A part of all packs that is a different one in each turn, without anybody remembering what was read: packs have random names, and the
/// name says in which turns a pack is read. <see cref="Of"/> turns in a row read every pack <see cref="Parts"/> times.
/// </summary>
public sealed record CheckShare
{
    private const int Most = 10_000;

    /// <summary>All packs.</summary>
    public static readonly CheckShare Whole = new(1, 1, 0);

    /// <param name="parts">How many parts, 1 to <paramref name="of"/>.</param>
    /// <param name="of">Into how many the packs are divided, at most 10,000.</param>
    /// <param name="turn">Which turn this is. Any number; turns that follow each other have numbers that do.</param>
    public CheckShare(int parts, int of, long turn)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(of, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(of, Most);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, of);
        (Parts, Of, Turn) = (parts, of, turn);
    }

    public int Parts { get; }

    public int Of { get; }

    public long Turn { get; }

    /// <summary>The share of a day: each day (of UTC) is a turn.</summary>
    public static CheckShare OfDay(int parts, int of, DateTimeOffset now) =>
        new(parts, of, (long)Math.Floor((now.UtcDateTime - DateTime.UnixEpoch).TotalDays));

    /// <summary>Reads <c>1/30</c>. False when it is no share.</summary>
    public static bool TryParse(string text, out int parts, out int of)
    {
        (parts, of) = (0, 0);
        return text.Split('/') is [var first, var second]
            && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out parts)
            && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out of)
            && of is >= 1 and <= Most
            && parts >= 1
            && parts <= of;
    }

    /// <summary>Whether a pack is read in this turn.</summary>
    internal bool Holds(Guid pack)
    {
        Span<byte> name = stackalloc byte[16];
        pack.TryWriteBytes(name, bigEndian: true, out _);
        var part = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(name) % (ulong)Of;
        var first = ((Turn % Of) + Of) % Of * Parts % Of;
        return ((long)part - first + Of) % Of < Parts;
    }
}

/// <summary>How far a check is. Stored bytes; of maps, which come last, it cannot be told before.</summary>
public readonly record struct CheckProgress(long BytesDone, long BytesTotal);
