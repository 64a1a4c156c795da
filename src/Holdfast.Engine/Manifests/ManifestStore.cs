using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging;

namespace Holdfast.Engine.Manifests;

/// <summary>The restore points of a repository: objects <c>manifests/&lt;backup id&gt;</c>.</summary>
/// <param name="era">That of the repository, when it was opened.</param>
/// <param name="throwIfGone">Called before a manifest is put or removed, and before one that is not found is said not to be there: whether
/// the store still holds this repository.</param>
internal sealed class ManifestStore(IObjectStore store, KeyRing keys, long era, ILogger log, Func<CancellationToken, Task> throwIfGone)
{
    /// <summary>Volume and number of manifests that were read.</summary>
    private readonly ConcurrentDictionary<BackupId, (string Volume, long Number)> _read = new();

    private volatile Roll? _roll;

    /// <summary>The object that <see cref="PutAsync"/> is to put: of two calls the bytes differ.</summary>
    public byte[] Seal(Manifest manifest) =>
        SealedObject.Seal(keys, SealedType.Manifest, manifest.Id.Value, ManifestDocument.Write(manifest with { Era = era }));

    /// <summary>The manifest in an object of <see cref="Seal"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public Manifest Open(BackupId id, ReadOnlyMemory<byte> bytes) => Open(keys, id, bytes.Span);

    /// <inheritdoc cref="Open(BackupId, ReadOnlyMemory{byte})"/>
    public static Manifest Open(KeyRing keys, BackupId id, ReadOnlySpan<byte> bytes)
    {
        var key = ObjectNames.OfManifest(id);
        var manifest = ManifestDocument.Read(SealedObject.Open(keys, SealedType.Manifest, id.Value, bytes, key), key);
        return manifest.Id == id
            ? manifest
            : throw new HoldfastException(FailureKind.Corrupted, $"Object '{key}' holds the manifest of {manifest.Id}.");
    }

    /// <summary>Makes a restore point exist. Everything it needs is stored and indexed when this is called. The store is looked at again
    /// afterwards: what was put into another's repository is no backup.</summary>
    /// <returns>The manifest that is there now. Where the same backup of the same bytes was put by another process meanwhile (a worker that
    /// was given up for dead), that one's.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.AlreadyExists"/> when another backup has the id.</exception>
    public async Task<Manifest> PutAsync(Manifest manifest, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await throwIfGone(cancel);
        var key = ObjectNames.OfManifest(manifest.Id);
        var isNew = await store.PutIfAbsentAsync(key, new ReadOnlySequence<byte>(bytes), cancel);
        await throwIfGone(cancel);
        if (isNew)
            return manifest with { Era = era };

        // A store that retries may have put it in an attempt whose answer was lost: the nonce makes our bytes ours.
        var there = await store.ReadWholeAsync(key, cancel);
        if (there.AsSpan().SequenceEqual(bytes.Span))
            return manifest with { Era = era };

        return await TryFindAsync(manifest.Id, cancel) is { } made && IsOfSameBytes(made, manifest) ? made : throw Taken(manifest.Id);
    }

    public async Task ThrowIfTakenAsync(BackupId id, CancellationToken cancel)
    {
        if (await store.FindSizeAsync(ObjectNames.OfManifest(id), cancel) is not null)
            throw Taken(id);
    }

    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> and <see cref="FailureKind.UnsupportedVersion"/>, naming the
    /// object.</exception>
    public async Task<Manifest?> FindAsync(BackupId id, CancellationToken cancel)
    {
        var manifest = await FindPutAsync(id, cancel);
        return manifest is null || manifest.Era >= era || await FindRollAsync(cancel) is not { } roll || roll.Counts(manifest)
            ? manifest
            : null;
    }

    /// <summary>The manifest in the store, whether it counts or not.</summary>
    private async Task<Manifest?> FindPutAsync(BackupId id, CancellationToken cancel)
    {
        var key = ObjectNames.OfManifest(id);
        byte[] bytes;
        try
        {
            bytes = await store.ReadWholeAsync(key, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            await throwIfGone(cancel);
            return null;
        }

        return Open(id, bytes);
    }

    /// <summary>Which manifests of earlier eras count; null where all do. It never changes within an era, so once it is there it is kept;
    /// before, that of the era before holds.</summary>
    private async Task<Roll?> FindRollAsync(CancellationToken cancel)
    {
        if (_roll is { } known)
            return known;

        try
        {
            var newest = await Roll.FindNewestAsync(store, keys, era, cancel);
            if (newest?.Era == era)
                _roll = newest;

            return newest;
        }
        catch (HoldfastException e) when (IsDamage(e))
        {
            // Better a backup too many, whose restore says what it lacks, than none.
            EngineLog.RollPassedOver(log, e);
            return null;
        }
    }

    /// <param name="damaged">Is told of a manifest that cannot be read; where it is null, that is thrown.</param>
    public async IAsyncEnumerable<Manifest> ListAsync(
        Action<BackupId, HoldfastException>? damaged,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var (roll, isRollKnown) = ((Roll?)null, false);
        foreach (var id in await ListIdsAsync(cancel))
        {
            Manifest? manifest = null;
            try
            {
                manifest = await FindPutAsync(id, cancel);
            }
            catch (HoldfastException e) when (damaged is not null && IsDamage(e))
            {
                damaged(id, e);
            }

            if (manifest is not null && manifest.Era < era && !isRollKnown)
                (roll, isRollKnown) = (await FindRollAsync(cancel), true);

            if (manifest is not null && roll?.Counts(manifest) != false)
                yield return manifest;
        }
    }

    /// <summary>The restore point of a volume with the highest number that can be read, or null. Clocks have no say.</summary>
    public async Task<Manifest?> FindLatestAsync(string volume, CancellationToken cancel)
    {
        Manifest? latest = null;
        foreach (var id in await ListIdsAsync(cancel))
        {
            // A manifest never changes: one that was read before is read again only when it may be the one.
            if (_read.TryGetValue(id, out var known) && (known.Volume != volume || known.Number < latest?.Number))
                continue;

            if (await TryFindAsync(id, cancel) is not { } manifest)
                continue;

            _read[id] = (manifest.Volume, manifest.Number);
            if (manifest.Volume == volume && (latest is null || manifest.Number >= latest.Number))
                latest = manifest;
        }

        return latest;
    }

    /// <summary>The number of a volume's next backup where no catalog gives it.</summary>
    public async Task<long> NextNumberAsync(string volume, CancellationToken cancel) =>
        (await FindLatestAsync(volume, cancel))?.Number + 1 ?? 1;

    /// <summary>A restore point to compare with, or null when it is gone or cannot be read.</summary>
    public async Task<Manifest?> TryFindAsync(BackupId id, CancellationToken cancel)
    {
        try
        {
            return await FindAsync(id, cancel);
        }
        catch (HoldfastException e) when (IsDamage(e))
        {
            EngineLog.ManifestPassedOver(log, e, ObjectNames.OfManifest(id).Value);
            return null;
        }
    }

    public async Task RemoveAsync(BackupId id, bool unsettled, CancellationToken cancel)
    {
        await throwIfGone(cancel);
        if (unsettled)
        {
            var sealedNote = SealedObject.Seal(keys, SealedType.Removed, id.Value, []);
            await store.PutIfAbsentAsync(ObjectNames.OfRemoved(id), new ReadOnlySequence<byte>(sealedNote), cancel);
        }

        await store.DeleteAsync(ObjectNames.OfManifest(id), cancel);
    }

    private static bool IsOfSameBytes(Manifest a, Manifest b) =>
        a.Volume == b.Volume && a.VolumeSize == b.VolumeSize && a.ChunkSize == b.ChunkSize && a.Root == b.Root;

    private static HoldfastException Taken(BackupId id) =>
        new(FailureKind.AlreadyExists, $"A backup with the id {id} exists already. Its manifest is never replaced; take a new id.");

    /// <summary>Ids of the manifests that are there and not removed, by their names.</summary>
    public async Task<List<BackupId>> ListIdsAsync(CancellationToken cancel)
    {
        var ids = await ListIdsAsync(ObjectNames.Manifests, cancel);
        if (ids.Count == 0)
            return ids;

        // After the manifests: what says that one is removed was put before it was removed.
        var removed = await ListIdsAsync(ObjectNames.Removed, cancel);
        return removed.Count == 0 ? ids : [.. ids.Except(removed)];
    }

    private async Task<List<BackupId>> ListIdsAsync(string prefix, CancellationToken cancel) =>
        (await store.ListIdsAsync(prefix, "D", cancel)).ConvertAll(one => new BackupId(one.Id));

    private static bool IsDamage(HoldfastException e) => e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion;
}
