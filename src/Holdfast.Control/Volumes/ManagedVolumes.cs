using Holdfast.Control.Catalog;
using Holdfast.Engine;
using Holdfast.Engine.Devices;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Volumes;

/// <summary>
/// Volumes that the service makes itself: sparse files in a folder of its own. The file is there before the row and goes before it: a crash between
/// the two leaves an empty file that nothing names, or a volume that can be deleted again.
/// </summary>
public sealed class ManagedVolumes(CatalogDatabase database, VolumeStore volumes, IOptions<VolumeOptions> options, TimeProvider clock)
{
    /// <summary>16 TiB, the largest file that ext4 holds.</summary>
    public const long MaxSizeBytes = 16L << 40;

    /// <summary>Makes a volume that reads as zeros.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the file system cannot hold a file of that size;
    /// <see cref="FailureKind.NoSpace"/> or <see cref="FailureKind.WriteFailed"/> when the folder cannot be written.</exception>
    public async Task<Volume> CreateAsync(ProjectId project, NewVolume volume, CancellationToken cancel) =>
        await CreateAsync(project, volume, VolumeStatus.Available, (_, _) => Task.FromResult(true), cancel) ?? throw new InvalidOperationException("A volume was refused by nobody.");

    /// <summary>As the other, with something else in the transaction that records the volume: both are there or neither.</summary>
    /// <param name="andThen">What else; false undoes the volume too.</param>
    internal async Task<Volume?> CreateAsync(ProjectId project, NewVolume volume, VolumeStatus status, Func<CatalogTransaction, Volume, Task<bool>> andThen, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(volume.SizeBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(volume.SizeBytes, MaxSizeBytes);
        var id = VolumeId.New(clock);
        var file = Path.Combine(Path.GetFullPath(options.Value.Folder), $"{id}.img");
        VolumeFile.Make(file, volume.SizeBytes);
        var isRecorded = false;
        try
        {
            await using var tx = await database.BeginAsync(cancel);
            var made = await volumes.InsertManagedAsync(tx, project, id, volume, status, DeviceAddress.Parse(file), cancel);
            if (!await andThen(tx, made))
            {
                return null;
            }

            // A commit that fails may have been made all the same. A file that nothing names does no harm; a volume without its file would.
            isRecorded = true;
            await tx.CommitAsync(cancel);
            return made;
        }
        finally
        {
            if (!isRecorded)
            {
                VolumeFile.Delete(file);
            }
        }
    }

    /// <summary>Deletes a volume and its file; its backups stay. A device that the service did not make is left alone, and so is its volume.</summary>
    public Task<RemoveVolumeOutcome> DeleteAsync(ProjectId project, VolumeId id, CancellationToken cancel) =>
        volumes.RemoveAsync(project, id, DeleteFile, cancel);

    private static RemoveVolumeOutcome DeleteFile(Volume volume)
    {
        if (!volume.IsManaged)
        {
            return RemoveVolumeOutcome.NotManaged;
        }

        VolumeFile.Delete(DeviceAddress.Parse(volume.Source).FilePath);
        return RemoveVolumeOutcome.Removed;
    }
}
