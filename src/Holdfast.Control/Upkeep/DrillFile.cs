using Holdfast.Control.Backups;
using Holdfast.Control.Drills;
using Holdfast.Control.Loops;
using Holdfast.Control.Volumes;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Restore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>Restores into a file that lives as long as a command looks at it.</summary>
internal sealed class DrillFile(
    Repository repository,
    IOptions<UpkeepOptions> options,
    IOptions<VolumeOptions> volumes,
    TimeProvider clock,
    ILogger<DrillFile> log
)
{
    /// <summary>Bytes that a drill leaves free where its file lies: the catalog may be there, too.</summary>
    internal long Reserve { get; init; } = 1L << 30;

    private const string Prefix = "drill-";
    private const string Extension = ".img";

    private string Folder => options.Value.DrillFolder is { Length: > 0 } folder ? folder : Path.GetFullPath(volumes.Value.Folder);

    /// <summary>Whether there is a command to run.</summary>
    public bool IsWanted => options.Value.DrillCommand.Length > 0;

    /// <summary>Removes the files of drills whose process died. Drills run one at a time, so none of them is in use by one that
    /// counts.</summary>
    public void RemoveLeft()
    {
        foreach (var path in Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder, $"{Prefix}*").ToList() : [])
        {
            var name = Path.GetFileName(path)[Prefix.Length..];
            var end = name.IndexOf(Extension, StringComparison.Ordinal);
            if (end > 0 && DrillId.TryParse(name[..end], null, out _))
            {
                TryDelete(path);
            }
        }
    }

    /// <summary>Restores a point into a file of its own and runs the command on it. The file is gone when this returns.</summary>
    /// <exception cref="HoldfastException">As <see cref="Repository.RestoreAsync"/>, and what the file's folder throws.</exception>
    public async Task<DrillEnd> LookAsync(
        DrillId drill,
        Backup point,
        IProgress<RestoreProgress>? progress,
        CancellationToken cancel
    )
    {
        if (!Directory.Exists(Folder) && options.Value.DrillFolder.Length > 0)
        {
            return DrillEnd.Failed($"The folder '{Folder}' (Upkeep:DrillFolder) is not there. Make it, or name another.");
        }

        Directory.CreateDirectory(Folder, OwnerOnly.Folder);
        VerifyFigures? verified = null;
        if (Free() - Reserve < point.VolumeBytes)
        {
            // It may be mostly holes. How much it is, nobody knows before it was read.
            verified = await repository.VerifyAsync(point.Id, progress, cancel);
            if (Free() - Reserve < verified.BytesVerified)
            {
                return new DrillEnd(DrillState.Failed, verified, null, NoSpace(verified.BytesVerified));
            }
        }

        var path = Path.Combine(Folder, $"{Prefix}{drill}{Extension}");
        try
        {
            verified = await RestoreAsync(path, point, verified, progress, cancel);
            var command = new DrillCommand(options.Value.DrillCommand, TimeSpan.FromMinutes(options.Value.DrillCommandMinutes), clock);
            var (said, trouble, isAnswer) = await command.RunAsync(path, cancel);
            var state =
                trouble is null ? DrillState.Proven
                : isAnswer ? DrillState.Rejected
                : DrillState.Failed;
            return new DrillEnd(state, verified, said, trouble);
        }
        finally
        {
            TryDelete(path);
        }
    }

    private async Task<VerifyFigures> RestoreAsync(
        string path,
        Backup point,
        VerifyFigures? before,
        IProgress<RestoreProgress>? progress,
        CancellationToken cancel
    )
    {
        var began = clock.GetTimestamp();
        var manifest =
            await repository.FindAsync(point.Id, cancel)
            ?? throw new HoldfastException(FailureKind.NotFound, $"The repository does not hold backup {point.Id} any more.");
        await using var target = DeviceAddress.Parse(path).OpenForWriting(manifest.VolumeSize, overwrite: false);
        var restore = new RestoreOptions { TargetIsZero = target.IsZero };
        var figures = await target.RunAsync(t => repository.RestoreAsync(point.Id, t.Device, restore, progress, cancel), cancel);
        return VerifyFigures.Of(manifest, figures, clock.GetElapsedTime(began) + (before?.Took ?? TimeSpan.Zero));
    }

    private string NoSpace(long bytes) =>
        $"Every byte is whole, but the command did not see them: the restored file would have {bytes} bytes of data, and '{Folder}' has "
        + $"{Free()} bytes free, {Reserve} of which are left alone. Name another folder (Upkeep:DrillFolder), or take the command away.";

    private long Free()
    {
        try
        {
            return new DriveInfo(Folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(FailureKind.WriteFailed, $"'{Folder}' does not tell how much is free: {e.Message}", e);
        }
    }

    private void TryDelete(string path)
    {
        try
        {
            VolumeFile.Delete(path);
        }
        catch (HoldfastException e)
        {
            DrillLog.FileStays(log, e, path);
        }
    }
}
