using System.Buffers;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>What room in a store is asked for.</summary>
internal enum RoomUse
{
    /// <summary>Packs of backups and of copies: they leave the reserve alone.</summary>
    Growth = 1,

    /// <summary>Packs that prune and repair put in place of others: they may take half of the reserve.</summary>
    Replacement = 2,

    /// <summary>Index objects that prune puts in place of others: they may take three quarters of it.</summary>
    Index = 3,
}

/// <summary>
/// Keeps a part of a folder's file system, the reserve, free from packs: prune writes before it deletes, so where nothing is left it could
/// free nothing. Small objects are put past this. A store that tells no free bytes has no reserve, and all the room there is. May be used
/// from many threads at once. Why, and how much: docs/decisions/0039-a-reserve-for-prune.md.
/// </summary>
internal sealed class StoreRoom(IObjectStore store)
{
    private const long Least = 64L * 1024 * 1024;
    private const long Most = 1024L * 1024 * 1024;
    private long _underWay;

    /// <summary>Bytes of the reserve in a file system of this size: 1/256 of it, at least 64 MiB, at most 1 GiB and 1/16 of it.</summary>
    public static long ReserveOf(long size) => Math.Min(Math.Clamp(size / 256, Least, Most), size / 16);

    /// <summary>Bytes that may be put for this use, perhaps less than none; null where there is no limit.</summary>
    public long? Find(RoomUse use) => FindSpace() is { } space ? space.Free - Kept(space, use) : null;

    /// <summary>Bytes that are free, the reserve with them; null where the store does not tell.</summary>
    public long? FindFree() => FindSpace()?.Free;

    /// <summary>Puts a pack.</summary>
    /// <returns>False when there was one of this name already.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NoSpace"/> when the reserve would be touched: nothing was put; what the
    /// store throws.</exception>
    public async ValueTask<bool> PutAsync(ObjectKey pack, ReadOnlySequence<byte> content, RoomUse use, CancellationToken cancel)
    {
        // What others are writing counts whole, however much of it is written: too little room is seen for a moment, never too much.
        var underWay = Interlocked.Add(ref _underWay, content.Length);
        try
        {
            if (Find(use) < underWay)
                throw Full();

            return await store.PutIfAbsentAsync(pack, content, cancel);
        }
        finally
        {
            Interlocked.Add(ref _underWay, -content.Length);
        }
    }

    /// <summary>What to throw where there is too little room.</summary>
    public HoldfastException Full()
    {
        var space = FindSpace() ?? default;
        return new HoldfastException(
            FailureKind.NoSpace,
            $"No space left in the repository's folder '{store.Name}' ({space.Free} bytes free, of which {ReserveOf(space.Size)} are kept "
                + $"so that prune can work). Delete backups and run 'holdfast repo prune', or free space on its file system; what was "
                + $"stored before is untouched."
        );
    }

    private static long Kept(StoreSpace space, RoomUse use)
    {
        var reserve = ReserveOf(space.Size);
        return use switch
        {
            RoomUse.Growth => reserve,
            RoomUse.Replacement => reserve / 2,
            _ => reserve / 4,
        };
    }

    private StoreSpace? FindSpace() => (store as IPlacedStore)?.FindSpace();
}
