using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>How a repository is repaired without a service.</summary>
/// <param name="From">Where another copy lies, or null.</param>
/// <param name="Backups">Backups to be fetched from there of which nothing is left here, by their ids.</param>
/// <param name="Quick">Read no packs whole.</param>
internal sealed record RepairOrder(
    RepositoryAddress? From,
    IReadOnlyList<string> Backups,
    bool Quick,
    bool DryRun,
    WriterTerms Terms,
    bool Json
);

/// <summary>Repairs a repository without a service.</summary>
internal static class OfflineRepair
{
    /// <exception cref="VerbFailedException">After all was told, where something is lost.</exception>
    public static async Task RunAsync(RepositoryAt at, RepairOrder order, CancellationToken cancel)
    {
        if (order.From == at.Address)
        {
            throw new UsageException("--from is the repository itself; it is another copy of it.");
        }

        if (order.From is null && order.Backups.Count > 0)
        {
            throw new UsageException("--backup goes with --from, which names the copy that has the backup.");
        }

        await using var other = order.From is null ? null : OfflineRepository.OpenStore(order.From);
        var (place, putBack, result) = await RepairAsync(at, order, other, cancel);
        if (order.Json)
        {
            JsonOut.Write(RepairOut.Of(result, putBack, order.DryRun), OfflineJson.Default.RepairOut);
        }
        else
        {
            Print(result, putBack, order);
        }

        if (!result.IsSound)
        {
            throw new VerbFailedException(
                $"of repository '{place}' {OfflineCheck.Count(result.Lost.Count, "object")} cannot be mended, and "
                    + $"{OfflineCheck.Count(result.DamagedBackups.Count, "backup")} cannot be restored whole. The next backup of the same "
                    + $"volume stores again what it still has{(order.From is null ? "; --from fetches from another copy" : "")}."
            );
        }
    }

    private static async Task<(string Place, IReadOnlyList<string> PutBack, RepairResult Result)> RepairAsync(
        RepositoryAt at,
        RepairOrder order,
        IObjectStore? other,
        CancellationToken cancel
    )
    {
        var putBack = await MendOpeningAsync(at, order, other, cancel);
        if (order.DryRun && putBack.Count > 0)
        {
            throw new VerbFailedException(
                $"the repository cannot be opened; from the other copy would be put back: {string.Join(", ", putBack)}. What else would be "
                    + $"done can be told when they are: run it without --dry-run."
            );
        }

        await using var opened = order.DryRun
            ? await OfflineRepository.OpenForReadingAsync(at, cancel)
            : await OfflineRepository.OpenForWritingAsync(at, order.Terms, exclusive: true, cancel);
        using var line = new ProgressLine(TimeProvider.System);
        var options = new RepairOptions
        {
            Quick = order.Quick,
            DryRun = order.DryRun,
            From = other,
            Backups = [.. order.Backups.Select(IdOf)],
        };
        return (opened.Place, putBack, await opened.Repository.RepairAsync(options, new RepairBar(line), cancel));
    }

    /// <summary>A repository that cannot be opened is opened by what the other copy has.</summary>
    private static async Task<IReadOnlyList<string>> MendOpeningAsync(
        RepositoryAt at,
        RepairOrder order,
        IObjectStore? other,
        CancellationToken cancel
    )
    {
        if (other is null)
        {
            return [];
        }

        await using var store = OfflineRepository.OpenStore(at.Address);
        await using var taken =
            !order.DryRun && !order.Terms.Alone && store is ILockableStore lockable
                ? await lockable.LockAsync(exclusive: true, cancel)
                : null;
        return await RepositoryDoor.MendAsync(store, other, at.Secret.Read(), order.DryRun, cancel);
    }

    private static BackupId IdOf(string given) =>
        BackupId.TryParse(given, null, out var id)
            ? id
            : throw new UsageException($"--backup is '{given}'; it is the id of a backup, as 'holdfast backup list' shows it.");

    private static void Print(RepairResult result, IReadOnlyList<string> putBack, RepairOrder order)
    {
        var fetched = putBack.Count + result.ObjectsFetched.Count;
        if (result.Found.Count == 0 && fetched == 0 && result.PacksIndexed == 0 && result.IndexObjectsRemoved == 0)
        {
            Console.Out.WriteLine("There is nothing to mend.");
            return;
        }

        Console.Out.WriteLine(order.DryRun ? "This would be done:" : "This was done:");
        foreach (var (count, what) in Steps(result, putBack))
        {
            if (count > 0)
            {
                Console.Out.WriteLine($"  {count} {what}");
            }
        }

        if (result.Lost.Count > 0)
        {
            Console.Out.WriteLine("This is lost:");
            OfflineCheck.Print(result.Lost);
        }
        else
        {
            Console.Out.WriteLine("Nothing is lost.");
        }
    }

    private static IEnumerable<(int Count, string What)> Steps(RepairResult result, IReadOnlyList<string> putBack) =>
        [
            (putBack.Count + result.ObjectsFetched.Count, "object(s) put back from the other copy (config, keys, manifests)"),
            (result.PacksFetched, "pack(s) fetched from the other copy"),
            (result.PacksIndexed, "pack(s) indexed that no index object named"),
            (result.PacksSaved, "new pack(s) with what still opened of damaged ones"),
            (result.PacksAside, "damaged pack(s) put aside, into aside/"),
            (result.IndexObjectsWritten, "index object(s) written"),
            (result.IndexObjectsRemoved, "index object(s) removed"),
        ];

    private sealed class RepairBar(ProgressLine line) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }
}
