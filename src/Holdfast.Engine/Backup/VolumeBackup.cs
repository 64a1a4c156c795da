using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Backup;

/// <summary>Backing a volume up, from the request to the manifest. Packs and index objects are stored before the backup is committed, and
/// its
/// manifest is put after that.</summary>
internal sealed class VolumeBackup(RepositoryContext repository, ManifestStore manifests, IWriteSession session)
{
    /// <summary>Bytes that there must be room for, or a backup is not begun.</summary>
    private const long LeastRoom = 4 * 1024 * 1024;

    public async Task<Manifest> RunAsync(
        IBlockDevice device,
        BackupRequest request,
        IProgress<BackupProgress>? progress,
        CancellationToken cancel
    )
    {
        var startedAt = repository.Clock.GetUtcNow();
        await manifests.ThrowIfTakenAsync(request.Id, cancel);
        var parent = await FindParentAsync(request, cancel);

        foreach (var note in await device.SettleAsync(cancel))
            EngineLog.DeviceNotSettled(repository.Log, request.Id, request.Volume, note);

        // Before a byte is read: what changes while we read must show.
        var stamp = device.ContentStamp();
        var mark = device.WriteMark();
        var isMarked = parent is not null && await IsMarkedAsync(parent.Id, cancel);
        var unchanged =
            request.TrustContentStamp
            && !isMarked
            && !request.VerifyStored
            && stamp is not null
            && parent is not null
            && parent.ContentStamp == stamp
            && parent.VolumeSize == device.Size
            && await ParentCheck.IsHeldAsync(repository, parent, cancel);
        var result =
            unchanged && parent is not null ? SameAs(parent) : await StoreAsync(device, request, parent, isMarked, progress, cancel);

        if (!unchanged && repository.Index.Seen.IsDue)
            await NoteAsync(result.Root, cancel);

        device.ThrowIfReplaced();
        var manifest = Describe(device, request, parent, result) with
        {
            StartedAt = startedAt,
            Number = request.Number ?? await manifests.NextNumberAsync(request.Volume, cancel),
            ChangesFound = unchanged ? ChangesFound.Stamp : ChangesFound.Reading,
            ContentStamp = stamp is not null && device.ContentStamp() == stamp ? stamp : null,
            Consistency = unchanged || (mark is not null && device.WriteMark() == mark) ? Consistency.AtRest : Consistency.Live,
        };
        var bytes = manifests.Seal(manifest);
        await session.CommitAsync(manifest.Id, result.Root, result.Levels, bytes, cancel);
        var made = await manifests.PutAsync(manifest, bytes, cancel);
        Tell(made, unchanged);
        return made;
    }

    /// <summary>Saves the next run of an unchanged device a look into the index. Only that: it may fail.</summary>
    private async Task NoteAsync(ItemId root, CancellationToken cancel)
    {
        try
        {
            await ParentCheck.NoteIfWholeAsync(repository, root, cancel);
        }
        catch (Exception e) when (e is HoldfastException or IndexCacheDamagedException)
        {
            EngineLog.NotNoted(repository.Log, e);
        }
    }

    private static BackupResult SameAs(Manifest parent) =>
        new(
            ItemId.Parse(parent.Root),
            parent.Levels,
            parent.Figures with
            {
                BytesRead = 0,
                BytesNew = 0,
                BytesStored = 0,
                ChunksNew = 0,
                ChunksChanged = 0,
            }
        );

    private async Task<BackupResult> StoreAsync(
        IBlockDevice device,
        BackupRequest request,
        Manifest? parent,
        bool isMarked,
        IProgress<BackupProgress>? progress,
        CancellationToken cancel
    )
    {
        ThrowIfFull();
        await using var run = new BackupRun(repository, session, device, request, parent, isMarked, progress, cancel);
        return await run.RunAsync(cancel);
    }

    /// <summary>Whether repair found that a restore point is not whole: then nothing of it is counted on that is not looked up.</summary>
    private async Task<bool> IsMarkedAsync(BackupId id, CancellationToken cancel) =>
        await repository.Store.FindSizeAsync(ObjectNames.OfDamagedMark(id), cancel) is not null;

    /// <summary>A volume's new bytes are not known before they are read; that nothing fits is.</summary>
    private void ThrowIfFull()
    {
        if (repository.Room.Find(RoomUse.Growth) < LeastRoom)
            throw repository.Room.Full();
    }

    /// <summary>The parent that was asked for, if it is there, readable, and of our chunk size.</summary>
    private async Task<Manifest?> FindParentAsync(BackupRequest request, CancellationToken cancel)
    {
        if (request.Parent is not { } id)
            return null;

        var parent = await manifests.TryFindAsync(id, cancel);
        var usable =
            parent is not null
            && parent.ChunkSize == repository.ChunkSize
            && parent.Levels == new MapShape(new ChunkGrid(parent.VolumeSize, parent.ChunkSize).Count).Levels;
        if (!usable)
            EngineLog.ParentUnusable(repository.Log, null, id, request.Id);

        return usable ? parent : null;
    }

    private Manifest Describe(IBlockDevice device, BackupRequest request, Manifest? parent, BackupResult result)
    {
        var now = repository.Clock.GetUtcNow();
        return new Manifest
        {
            Id = request.Id,
            Volume = request.Volume,
            Source = device.Name,
            VolumeSize = device.Size,
            ChunkSize = repository.ChunkSize,
            StartedAt = now,
            FinishedAt = now,
            Consistency = Consistency.Live,
            Number = request.Number ?? 1,
            Device = device.Identity(),
            ChangesFound = ChangesFound.Reading,
            Parent = parent?.Id,
            Figures = result.Figures,
            Labels = request.Labels,
            Root = result.Root.ToString(),
            Levels = result.Levels,
        };
    }

    private void Tell(Manifest manifest, bool unchanged)
    {
        if (unchanged)
            EngineLog.Unchanged(repository.Log, manifest.Id, manifest.Volume, manifest.Parent ?? default);
        else
            EngineLog.Stored(
                repository.Log,
                manifest.Id,
                manifest.Volume,
                manifest.Figures.BytesRead,
                manifest.Figures.BytesNew,
                manifest.Figures.BytesStored
            );
    }
}
