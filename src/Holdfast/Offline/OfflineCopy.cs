using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Brings a second copy of a repository up to date. A reader of the one: neither its lock nor its owner is asked.</summary>
internal static class OfflineCopy
{
    /// <param name="to">Where the copy lies; a folder is made where there is none.</param>
    /// <exception cref="VerbFailedException">After the report, where objects are damaged.</exception>
    public static async Task RunAsync(RepositoryAt at, RepositoryAddress to, CopyOptions options, bool json, CancellationToken cancel)
    {
        // That both are one place the engine finds out, by whatever names.
        if (to != at.Address && to.Overlaps(at.Address))
        {
            throw new UsageException($"--to '{to}' is within the repository, or has it within; a second copy lies elsewhere.");
        }

        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        await using var target = ObjectStores.Open(to, credentials: null, create: true, TimeProvider.System);
        CopyReport report;
        using (var line = new ProgressLine(TimeProvider.System))
        {
            report = await opened.Repository.CopyToAsync(target, options, new CopyBar(line), cancel);
        }

        if (json)
        {
            JsonOut.Write(CopyFigures.Of(report), OfflineJson.Default.CopyFigures);
        }
        else
        {
            Console.Out.WriteLine(Summary(to, options, report));
        }

        if (report.Damage is { Count: > 0 } damage)
        {
            throw new VerbFailedException(
                $"the copy is not whole: {damage.Count} object{(damage.Count == 1 ? " is" : "s are")} damaged and not copied"
                    + $"{(options.Remove ? ", and nothing was removed" : "")}. {string.Join(" ", damage.Select(one => one.What))}"
            );
        }
    }

    private static string Summary(RepositoryAddress to, CopyOptions options, CopyReport report)
    {
        var parts = new List<string> { $"{report.ObjectsCopied} objects copied ({Text.Bytes(report.BytesCopied)})" };
        if (report.ObjectsMended > 0)
        {
            parts.Add($"{report.ObjectsMended} of them mended");
        }

        if (options.Verify)
        {
            parts.Add($"{report.ObjectsVerified} opened there to the last byte");
        }

        if (options.Remove && report.IsSound)
        {
            parts.Add($"{report.ObjectsRemoved} removed");
        }

        return $"The copy in {to} holds {report.Backups} backups: {string.Join(", ", parts)}.";
    }

    private sealed class CopyBar(ProgressLine line) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }
}
