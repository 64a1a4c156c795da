using System.Buffers;
using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;

namespace Holdfast.Engine.Copies;

/// <summary>
/// Brings a second copy of a repository up to date: what is absent there is read here, opened, and put there, in the order in which it was
/// written. So whatever moment a copy is cut short at, each backup that it shows has all it needs. Spec: docs/format/repository-v1.md,
/// section 10.
/// </summary>
/// <param name="throwIfGone">Whether the store still holds this repository.</param>
internal sealed class RepositoryCopy(
    RepositoryContext context,
    IObjectStore to,
    Func<CancellationToken, Task> throwIfGone,
    CopyOptions options,
    IProgress<CopyProgress>? progress
)
{
    /// <summary>How often what was removed under our hands is looked for again, in what has come in its place.</summary>
    private const int MaxRounds = 10;

    /// <summary>No pack is longer: 1 GiB, a frame and a directory.</summary>
    private const long MaxObjectSize = (1024L + 16) * 1024 * 1024;

    /// <summary>Bytes that the objects on their way may take together, where they are not single ones.</summary>
    private const int MemoryTarget = 128 * 1024 * 1024;
    private const int MaxAtOnce = 4;

    private readonly IObjectStore _from = context.Store;
    private readonly StoreRoom _room = new(to);
    private readonly ConcurrentDictionary<ObjectKey, CopyDamage> _damage = new();
    private readonly ConcurrentDictionary<ObjectKey, bool> _proven = new();
    private readonly ConcurrentBag<Hands> _hands = [];
    private long _objects;
    private long _bytes;
    private long _mended;
    private long _verified;
    private long _done;
    private long _total;

    /// <exception cref="HoldfastException">What <see cref="CopyTarget.ThrowIfUnfitAsync"/> throws; <see cref="FailureKind.Busy"/> when too
    /// much was removed meanwhile; what the stores throw.</exception>
    public async Task<CopyReport> RunAsync(CancellationToken cancel)
    {
        try
        {
            var target = new CopyTarget(context, to);
            await target.ThrowIfUnfitAsync(options.MustExist, cancel);
            var removal = new CopyRemoval(context, to, throwIfGone, options);
            var cleared = await CopyIntoRoomAsync(removal, cancel);
            await target.PutConfigAsync(cancel);
            var isRemoving = options.Remove && _damage.IsEmpty;
            var (removed, kept) = isRemoving ? await removal.RunAsync(cancel) : (0, 0);
            return new CopyReport
            {
                Backups = await CountBackupsAsync(cancel),
                ObjectsCopied = _objects,
                BytesCopied = _bytes,
                ObjectsMended = _mended,
                ObjectsVerified = _verified,
                ObjectsRemoved = cleared + removed,
                ObjectsKept = isRemoving ? kept : null,
                Damage = [.. _damage.Values.OrderBy(one => one.Key, StringComparer.Ordinal)],
            };
        }
        finally
        {
            foreach (var hands in _hands)
                hands.Dispose();
        }
    }

    /// <summary>Copies; where the disk is full, what nothing there needs goes first, and the copy goes on.</summary>
    /// <returns>How many objects went.</returns>
    private async Task<long> CopyIntoRoomAsync(CopyRemoval removal, CancellationToken cancel)
    {
        for (var cleared = 0L; ;)
        {
            try
            {
                // Another copy into the same place may go on beside this one, but not while something goes from there.
                await using var beside = await HoldAsync(alone: false, cancel);
                await CopyObjectsAsync(cancel);
                return cleared;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NoSpace)
            {
                var (extra, due) = await removal.FindAsync(cancel);
                var gone = options.Remove && _damage.IsEmpty && due.Count > 0 ? await ClearAsync(due, cancel) : 0;
                if (gone == 0)
                    throw Full(extra.Count, e);

                cleared += gone;
                _total = Interlocked.Read(ref _done);
            }
        }
    }

    private async Task<long> ClearAsync(IReadOnlySet<ObjectKey> due, CancellationToken cancel)
    {
        await using var alone = await HoldAsync(alone: true, cancel);
        return await new CopyClearance(context, to, throwIfGone).RunAsync(due, cancel);
    }

    /// <summary>A disk can be full, and has a lock; a bucket is neither.</summary>
    private async Task<IAsyncDisposable?> HoldAsync(bool alone, CancellationToken cancel) =>
        to is IPlacedStore placed && placed.FindSpace() is not null && to is ILockableStore lockable
            ? await lockable.LockAsync(alone, cancel)
            : null;

    private HoldfastException Full(int extra, HoldfastException e)
    {
        var kept =
            extra == 0 ? ""
            : !options.Remove
                ? $" It has {extra} objects that the repository does not have any more, which '--remove' takes away."
            : $" It has {extra} objects that the repository does not have any more; none of them may go yet, or what is still there "
                + "needs them.";
        return new HoldfastException(
            FailureKind.NoSpace,
            $"No space left for the second copy in '{to.Name}'{(_room.FindFree() is { } free ? $" ({free} bytes free)" : "")}.{kept} Give "
                + $"it a larger disk, or free space on this one; each backup that it shows can be restored.",
            e
        );
    }

    private async Task CopyObjectsAsync(CancellationToken cancel)
    {
        for (var round = 1; ; round++)
        {
            // Listed in the order in which things go, and against that in which they come: what a manifest needs was there before it, and
            // so were the packs of an index object that is still there when it is read.
            var manifests = await FindDueAsync(ObjectNames.Manifests, cancel);
            var removed = await ObjectListing.ReadIdsAsync(_from, ObjectNames.Removed, cancel);
            manifests.RemoveAll(one => ObjectNames.IdOf(one.Entry.Key, "D") is { } id && removed.Contains(id));
            var index = await FindDueAsync(ObjectNames.Index, cancel);
            var map = await FindDueAsync(ObjectNames.Map, cancel);
            var data = await FindDueAsync(ObjectNames.Data, cancel);
            var keys = await FindDueAsync(ObjectNames.Keys, cancel);

            // Copied in the order in which things come. The keys also tell a later attempt that this store is ours.
            var isWhole = true;
            foreach (var due in new[] { keys, data, map, index })
                isWhole &= await CopyAllAsync(due, cancel);

            // What went meanwhile may have been written anew in other packs, which came after the listing.
            if (isWhole)
            {
                // One that is gone was removed; that is no one's loss.
                await CopyAllAsync(manifests, cancel);

                // Exports of the catalog last: a head names parts, and it tells of backups.
                var exports = (await FindDueAsync(ObjectNames.Catalog, cancel)).ToLookup(one => CatalogExports.IsPart(one.Entry.Key));
                await CopyAllAsync([.. exports[true]], cancel);
                await CopyAllAsync([.. exports[false]], cancel);
                var (files, bytes) = await RescueFiles.CopyAsync(_from, to, cancel);
                (_objects, _bytes) = (_objects + files, _bytes + bytes);
                return;
            }

            if (round == MaxRounds)
            {
                throw new HoldfastException(
                    FailureKind.Busy,
                    $"Objects of the repository in '{_from.Name}' were removed each time while they were copied ({MaxRounds} times). "
                        + $"What was copied stays; copy again when prune has ended."
                );
            }
        }
    }

    /// <summary>The objects to be copied, or to be looked at: with their size there, or null.</summary>
    private async Task<List<(ObjectEntry Entry, long? There)>> FindDueAsync(string prefix, CancellationToken cancel)
    {
        var due = new List<(ObjectEntry Entry, long? There)>();
        await foreach (var (entry, there) in ObjectListing.CompareAsync(_from, to, prefix, cancel))
        {
            if ((there == entry.Size && !options.Verify) || _damage.ContainsKey(entry.Key) || _proven.ContainsKey(entry.Key))
                continue;

            due.Add((entry, there));
            _total += entry.Size;
        }

        progress?.Report(new CopyProgress(Interlocked.Read(ref _done), _total));
        return due;
    }

    /// <returns>False when one of them is gone here.</returns>
    private async Task<bool> CopyAllAsync(List<(ObjectEntry Entry, long? There)> due, CancellationToken cancel)
    {
        var gone = 0;
        var atOnce = Math.Clamp(MemoryTarget / context.PackSize, 1, MaxAtOnce);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancel };
        await Parallel.ForEachAsync(
            due,
            parallel,
            async (one, stop) =>
            {
                if (!_hands.TryTake(out var hands))
                    hands = new Hands(new ObjectProof(context), new GrowingBuffer());

                try
                {
                    if (!await CopyAsync(one.Entry, one.There, hands, stop))
                        Interlocked.Increment(ref gone);
                }
                finally
                {
                    _hands.Add(hands);
                }

                progress?.Report(new CopyProgress(Interlocked.Add(ref _done, one.Entry.Size), Interlocked.Read(ref _total)));
            }
        );
        return gone == 0;
    }

    /// <returns>False when it is gone here.</returns>
    private async Task<bool> CopyAsync(ObjectEntry entry, long? there, Hands hands, CancellationToken cancel)
    {
        if (there == entry.Size && await IsSoundThereAsync(entry, hands, cancel))
            return true;

        try
        {
            var bytes = await ReadAsync(_from, entry, hands, cancel);
            hands.Proof.ThrowIfDamaged(entry.Key, bytes.Span, options.Verify);
            await PutAsync(entry, there, bytes, cancel);
            if (options.Verify && !await IsSoundThereAsync(entry, hands, cancel))
                throw NotKept(entry.Key, "does not open");

            return true;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return false;
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion)
        {
            // An object that is replaced by a shorter one, or is deleted, ends early; so does one that is damaged. The latter stays so.
            if (await _from.FindSizeAsync(entry.Key, cancel) is null)
                return false;

            _damage[entry.Key] = new CopyDamage(entry.Key.Value, $"In '{_from.Name}': {e.Message}");
            return true;
        }
    }

    private async Task PutAsync(ObjectEntry entry, long? there, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        var content = new ReadOnlySequence<byte>(bytes);
        if (there is null)
        {
            await (
                ObjectNames.IsPack(entry.Key)
                    ? _room.PutAsync(entry.Key, content, RoomUse.Growth, cancel)
                    : to.PutIfAbsentAsync(entry.Key, content, cancel)
            );
        }
        else
        {
            // An object never changes: what is otherwise there is damaged there.
            await to.ReplaceAsync(entry.Key, content, cancel);
            Interlocked.Increment(ref _mended);
        }

        if (await to.FindSizeAsync(entry.Key, cancel) is var size && size != bytes.Length)
            throw NotKept(entry.Key, size is null ? "is not there" : $"has {size} bytes there, not {bytes.Length}");

        Interlocked.Increment(ref _objects);
        Interlocked.Add(ref _bytes, bytes.Length);
    }

    private async Task<bool> IsSoundThereAsync(ObjectEntry entry, Hands hands, CancellationToken cancel)
    {
        try
        {
            var bytes = await ReadAsync(to, entry, hands, cancel);
            hands.Proof.ThrowIfDamaged(entry.Key, bytes.Span, whole: true);
            Interlocked.Increment(ref _verified);
            _proven[entry.Key] = true;
            return true;
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion or FailureKind.NotFound)
        {
            return false;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(IObjectStore store, ObjectEntry entry, Hands hands, CancellationToken cancel)
    {
        if (entry.Size > MaxObjectSize)
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Object '{entry.Key}' has {entry.Size} bytes; none of a repository has more than {MaxObjectSize}."
            );
        }

        var bytes = hands.Buffer.Get((int)entry.Size);
        await store.ReadAsync(entry.Key, 0, bytes, cancel);
        return bytes;
    }

    private async Task<long> CountBackupsAsync(CancellationToken cancel)
    {
        var count = 0L;
        await foreach (var entry in to.ListAsync(ObjectNames.Manifests, cancel))
            count += ObjectNames.IdOf(entry.Key, "D") is null ? 0 : 1;

        return count;
    }

    private HoldfastException NotKept(ObjectKey key, string what) =>
        new(
            FailureKind.WriteFailed,
            $"Object '{key}' was put into '{to.Name}' and {what}: the store does not keep what it is given. Look at its disk."
        );

    /// <summary>What one object at a time is read into and opened with.</summary>
    private sealed record Hands(ObjectProof Proof, GrowingBuffer Buffer) : IDisposable
    {
        public void Dispose()
        {
            Proof.Dispose();
            Buffer.Dispose();
        }
    }
}
