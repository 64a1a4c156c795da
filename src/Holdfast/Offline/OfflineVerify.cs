using Holdfast.Engine.Restore;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Restores a backup to nowhere: every byte is read and verified, and none written. Damage is the failure of the verb.</summary>
internal static class OfflineVerify
{
    /// <param name="volume">Whose <c>latest</c> is meant; null where the repository has backups of one volume only.</param>
    public static async Task RunAsync(RepositoryAt at, string id, VolumeName? volume, bool json, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var manifest = await OfflineBackups.FindAsync(opened, id, volume, cancel);
        VerifyFigures figures;
        using (var line = new ProgressLine(TimeProvider.System))
        {
            figures = await opened.Repository.VerifyAsync(manifest.Id, new VerifyBar(line), cancel);
        }

        if (json)
        {
            JsonOut.Write(VerifiedOut.Of(manifest, figures), OfflineJson.Default.VerifiedOut);
            return;
        }

        Console.Out.WriteLine(
            $"Backup {manifest.Id} of {manifest.Source} ({Text.Time(manifest.FinishedAt)} UTC) can be restored: "
                + $"{Text.Bytes(figures.BytesVerified)} and {Text.Bytes(figures.BytesZero)} of zeros were verified to the root "
                + $"{figures.Root} in {Text.Duration(figures.Took)}; nothing was written."
        );
    }

    private sealed class VerifyBar(ProgressLine line) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }
}
