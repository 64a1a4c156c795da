using Holdfast.Control.Catalog;
using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Volumes;

/// <summary>
/// Volumes that the service makes itself: sparse files in a folder of its own. The file is there before its row and goes after it, so no
/// volume is ever without one; what a crash between the two leaves, <c>VolumeFileUpkeep</c> finds.
/// </summary>
public sealed class OwnedVolumes(
    CatalogDatabase database,
    VolumeStore volumes,
    QuotaStore quotas,
    IOptions<VolumeOptions> options,
    TimeProvider clock
)
{
    /// <summary>16 TiB, the largest file that ext4 holds.</summary>
    public const long MaxSizeBytes = 16L << 40;

    /// <summary>Bytes of the file system that the volumes lie on, and how many of them are free.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when it does not tell.</exception>
    public Task<(long Total, long Free)> FindSpaceAsync(CancellationToken cancel)
    {
        var folder = Path.GetFullPath(options.Value.Folder);
        return FileSystemCalls.Asking.AskAsync(folder, () => Task.FromResult(SpaceOf(folder)), abandon: null, cancel);
    }

    /// <summary>Makes a volume that reads as zeros.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the file system cannot hold a file of that size;
    /// <see cref="FailureKind.NoSpace"/> or <see cref="FailureKind.WriteFailed"/> when the folder cannot be written.</exception>
    public Task<CreateVolumeOutcome> CreateAsync(ProjectId project, NewVolume volume, CancellationToken cancel) =>
        CreateAsync(project, volume, VolumeStatus.Available, (_, _, _) => Task.FromResult(true), cancel);

    /// <summary>As the other, with something else in the transaction that records the volume: both are there or neither.</summary>
    /// <param name="andThen">What else; false undoes the volume too.</param>
    internal async Task<CreateVolumeOutcome> CreateAsync(
        ProjectId project,
        NewVolume volume,
        VolumeStatus status,
        Func<CatalogTransaction, Volume, DeviceAddress, Task<bool>> andThen,
        CancellationToken cancel
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(volume.SizeBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(volume.SizeBytes, MaxSizeBytes);
        var id = VolumeId.New(clock);
        var file = Path.Combine(Path.GetFullPath(options.Value.Folder), $"{id}{VolumeFileName.Extension}");
        VolumeFile.Make(file, volume.SizeBytes);
        var address = DeviceAddress.Parse(file); // asks the file system, so not in the transaction
        var isRecorded = false;
        try
        {
            var identity = await IdentityOfAsync(address);
            await using var tx = await database.BeginAsync(cancel);
            var gib = Volume.GibOf(volume.SizeBytes);
            if (await quotas.FindBreachAsync(tx, project, new VolumeDemand(1, gib, gib), cancel) is { } breach)
            {
                return new CreateVolumeOutcome.QuotaExceeded(breach);
            }

            var made = await volumes.InsertOwnedAsync(tx, project, id, volume, status, address, identity, cancel);
            if (!await andThen(tx, made, address))
            {
                return new CreateVolumeOutcome.Undone();
            }

            // A commit that fails may have been made all the same. A file that nothing names does no harm; a volume without its file would.
            isRecorded = true;
            await tx.CommitAsync(cancel);
            return new CreateVolumeOutcome.Made(made);
        }
        finally
        {
            if (!isRecorded)
            {
                VolumeFile.Delete(file);
            }
        }
    }

    private static (long Total, long Free) SpaceOf(string folder)
    {
        try
        {
            // The folder is made with the first volume; before that it is to lie where the nearest folder above it does.
            var there = folder;
            while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } above)
            {
                there = above;
            }

            var drive = new DriveInfo(there);
            return (drive.TotalSize, drive.AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"The folder in which volumes are made, '{folder}', does not tell how much is free: {e.Message}",
                e
            );
        }
    }

    private static async Task<DeviceIdentity?> IdentityOfAsync(DeviceAddress file)
    {
        await using var device = file.OpenForReading();
        return device.Identity();
    }
}
