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

    private const int NoSpaceLeft = 28; // ENOSPC, as the runtime tells it

    /// <summary>Makes a volume that reads as zeros.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the file system cannot hold a file of that size;
    /// <see cref="FailureKind.WriteFailed"/> when the folder cannot be written.</exception>
    public async Task<Volume> CreateAsync(ProjectId project, NewVolume volume, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(volume.SizeBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(volume.SizeBytes, MaxSizeBytes);
        var id = VolumeId.New(clock);
        var file = Path.Combine(Path.GetFullPath(options.Value.Folder), $"{id}.img");
        MakeFile(file, volume.SizeBytes);
        try
        {
            await using var tx = await database.BeginAsync(cancel);
            var made = await volumes.InsertManagedAsync(tx, project, id, volume, DeviceAddress.Parse(file), cancel);
            await tx.CommitAsync(cancel);
            return made;
        }
        catch
        {
            File.Delete(file);
            throw;
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

        var file = DeviceAddress.Parse(volume.Source).FilePath;
        try
        {
            File.Delete(file);
            return RemoveVolumeOutcome.Removed;
        }
        catch (DirectoryNotFoundException)
        {
            return RemoveVolumeOutcome.Removed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(FailureKind.WriteFailed, $"The file '{file}' of volume '{volume.Name}' cannot be deleted: {e.Message}", e);
        }
    }

    private static void MakeFile(string file, long size)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "/", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var made = File.OpenHandle(file, FileMode.CreateNew, FileAccess.ReadWrite);
            File.SetUnixFileMode(made, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.SetLength(made, size);
            RandomAccess.FlushToDisk(made);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // What the runtime makes of EFBIG.
            File.Delete(file);
            throw new HoldfastException(FailureKind.Refused, $"The service's file system cannot hold a volume of {size} bytes. Ask for a smaller one.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(file);
            var kind = (e.HResult & 0xffff) == NoSpaceLeft ? FailureKind.NoSpace : FailureKind.WriteFailed;
            throw new HoldfastException(kind, $"The file '{file}' of a new volume of {size} bytes cannot be made: {e.Message}", e);
        }
    }
}
