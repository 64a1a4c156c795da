using Holdfast.Engine.Devices;
using Holdfast.Engine.Restore;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Writes a backup into a file or device. What would be refused is refused before a byte is written.</summary>
internal static class OfflineRestore
{
    /// <param name="volume">Whose <c>latest</c> is meant; null where the repository has backups of one volume only.</param>
    public static async Task RunAsync(
        RepositoryAt at,
        string id,
        VolumeName? volume,
        string target,
        bool overwrite,
        bool json,
        CancellationToken cancel
    )
    {
        var address = DeviceAddress.Parse(target);
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var manifest = await OfflineBackups.FindAsync(opened, id, volume, cancel);
        await using var into = address.OpenForWriting(manifest.VolumeSize, overwrite);
        RestoreFigures figures;
        using (var line = new ProgressLine(TimeProvider.System))
        {
            figures = await into.RunAsync(
                to =>
                    opened.Repository.RestoreAsync(
                        manifest.Id,
                        to.Device,
                        new RestoreOptions { TargetIsZero = to.IsZero },
                        new RestoreBar(line),
                        cancel
                    ),
                cancel
            );
        }

        if (json)
        {
            JsonOut.Write(
                new RestoredOut(manifest.Id.ToString(), manifest.Volume, manifest.Source, address.FilePath),
                OfflineJson.Default.RestoredOut
            );
            return;
        }

        Console.Out.WriteLine(
            $"Backup {manifest.Id} of {manifest.Source} ({Text.Time(manifest.FinishedAt)} UTC) is restored to {address.FilePath}: "
                + $"{Text.Bytes(figures.BytesWritten)} written, {Text.Bytes(figures.BytesZero)} of zeros; every chunk was verified."
        );
    }

    private sealed class RestoreBar(ProgressLine line) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }
}
