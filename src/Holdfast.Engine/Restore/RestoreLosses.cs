using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Restore;

/// <summary>What a restore that may be damaged cannot restore: zeros are written there, and the ranges are kept. From many
/// threads.</summary>
/// <param name="throwIfGone">Whether the store still holds this repository.</param>
internal sealed class RestoreLosses(ChunkGrid grid, IBlockDevice target, bool targetIsZero, Func<CancellationToken, Task> throwIfGone)
{
    private readonly MissingRanges _ranges = new();

    public IReadOnlyList<ByteRange> Missing => _ranges.ToList();

    /// <summary>Whether an object may be damaged where that is thrown: or the store is not well, which
    /// <see cref="ThrowIfGoneAsync"/> tells.</summary>
    public static bool MayBeDamage(HoldfastException e) => e.Kind is FailureKind.Corrupted or FailureKind.Unavailable;

    public Task ThrowIfGoneAsync(CancellationToken cancel) => throwIfGone(cancel);

    /// <summary>Notes a node of the map that cannot be read; the caller takes all below it for zeros.</summary>
    public void AddNode(int level, long index)
    {
        var chunks = MapShape.ChunksBelow(level);
        _ranges.Add(grid.RangeOf(index * chunks, chunks));
    }

    /// <summary>Notes a chunk that cannot be read, and writes zeros in its place.</summary>
    /// <returns>Its bytes of the volume.</returns>
    public async ValueTask<long> AddAsync(long chunk, CancellationToken cancel)
    {
        var range = grid.RangeOf(chunk, 1);
        _ranges.Add(range);
        if (!targetIsZero)
            await target.WriteZerosAsync(range.Offset, range.Length, cancel);

        return range.Length;
    }
}
