using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Restore;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Writes a backup into a file or device. What would be refused is refused before a byte is written.</summary>
internal static class OfflineRestore
{
    private const int RangesShown = 50;

    /// <param name="allowDamaged">Restore what is left of a damaged backup.</param>
    /// <param name="volume">Whose <c>latest</c> is meant; null where the repository has backups of one volume only.</param>
    public static async Task RunAsync(
        RepositoryAt at,
        string id,
        VolumeName? volume,
        string target,
        bool overwrite,
        bool allowDamaged,
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
                        new RestoreOptions { TargetIsZero = to.IsZero, AllowDamaged = allowDamaged },
                        new RestoreBar(line),
                        cancel
                    ),
                cancel
            );
        }

        var missing = figures.Missing.Sum(range => range.Length);
        if (json)
        {
            JsonOut.Write(
                new RestoredOut(
                    manifest.Id.ToString(),
                    manifest.Volume,
                    manifest.Source,
                    address.FilePath,
                    missing,
                    [.. figures.Missing.Select(range => new MissingOut(range.Offset, range.Length))]
                ),
                OfflineJson.Default.RestoredOut
            );
        }
        else
        {
            Tell(manifest, address.FilePath, figures);
        }

        if (missing > 0)
        {
            throw new VerbFailedException(
                $"{missing} bytes of backup {manifest.Id} are lost; '{address.FilePath}' has zeros in their place. Another backup, or "
                    + $"'holdfast repo repair --from' with another copy of the repository, may have them."
            );
        }
    }

    private static void Tell(Manifest manifest, string target, RestoreFigures figures)
    {
        foreach (var range in figures.Missing.Take(RangesShown))
        {
            Console.Out.WriteLine($"Missing: bytes {range.Offset} to {range.Offset + range.Length - 1} ({Text.Bytes(range.Length)}).");
        }

        if (figures.Missing.Count > RangesShown)
        {
            Console.Out.WriteLine($"… and {figures.Missing.Count - RangesShown} more ranges; --json shows all.");
        }

        var all = figures.Missing.Count == 0 ? "every chunk was verified" : "every chunk that is left was verified";
        Console.Out.WriteLine(
            $"Backup {manifest.Id} of {manifest.Source} ({Text.Time(manifest.FinishedAt)} UTC) is restored to {target}: "
                + $"{Text.Bytes(figures.BytesWritten)} written, {Text.Bytes(figures.BytesZero)} of zeros; {all}."
        );
    }

    private sealed class RestoreBar(ProgressLine line) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }
}
