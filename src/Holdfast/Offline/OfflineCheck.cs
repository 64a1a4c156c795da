using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Checks a repository without a service.</summary>
internal static class OfflineCheck
{
    private const int RangesShown = 5;
    private const int ObjectsShown = 50;

    /// <exception cref="VerbFailedException">After all was told, where the repository is damaged.</exception>
    public static async Task RunAsync(RepositoryAt at, CheckOptions options, bool json, CancellationToken cancel)
    {
        var (place, result) = await CheckAsync(at, options, cancel);
        if (json)
        {
            JsonOut.Write(CheckFigures.Of(result), OfflineJson.Default.CheckFigures);
        }
        else
        {
            Print(result, options);
        }

        if (!result.IsSound)
        {
            throw new VerbFailedException(
                $"the repository '{place}' is damaged: {Count(result.Damage.Count, "object")}, and "
                    + $"{Count(result.DamagedBackups.Count, "backup")} that cannot be restored whole. 'holdfast repo repair' mends what "
                    + $"can be mended."
            );
        }
    }

    /// <summary>What is damaged and what is lost with it, for people.</summary>
    public static void Print(IReadOnlyList<CheckDamage> damage)
    {
        foreach (var one in damage.Take(ObjectsShown))
        {
            Console.Out.WriteLine($"Damaged: {one.Key}: {Failures.OneLine(one.What)}");
            foreach (var lost in one.Backups)
            {
                Console.Out.WriteLine($"  backup {lost.Backup}{Of(lost.Volume)}: {Lost(lost)}");
            }
        }

        if (damage.Count > ObjectsShown)
        {
            Console.Out.WriteLine($"… and {damage.Count - ObjectsShown} more; --json shows all.");
        }
    }

    public static string Count(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static async Task<(string Place, CheckResult Result)> CheckAsync(
        RepositoryAt at,
        CheckOptions options,
        CancellationToken cancel
    )
    {
        try
        {
            await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
            using var line = new ProgressLine(TimeProvider.System);
            return (opened.Place, await opened.Repository.CheckAsync(options, new CheckBar(line), cancel));
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.NotFound or FailureKind.WrongKey)
        {
            await using var store = OfflineRepository.OpenStore(at.Address);
            var shut = await FindWhatKeepsShutAsync(store, cancel);
            if (shut.IsSound)
            {
                throw;
            }

            return (store.Name, shut);
        }
    }

    /// <summary>A repository that nobody can open has an answer too: which object keeps it shut.</summary>
    private static async Task<CheckResult> FindWhatKeepsShutAsync(IObjectStore store, CancellationToken cancel) =>
        new()
        {
            Damage = await RepositoryDoor.CheckAsync(store, cancel),
            DamagedBackups = [],
            BytesRead = 0,
            BytesVerified = 0,
            BackupIds = [],
            Packs = 0,
            PacksRead = 0,
            LoosePacks = 0,
            IndexObjects = 0,
            SupersededIndexObjects = 0,
            Items = 0,
        };

    private static void Print(CheckResult result, CheckOptions options)
    {
        Print(result.Damage);
        var read = options.Read is null
            ? "their contents were not read (--read does)"
            : $"{result.PacksRead} of them read whole, {Text.Bytes(result.BytesVerified)} of content verified";
        Console.Out.WriteLine(
            $"{(result.IsSound ? "Sound" : "Looked at")}: {Count(result.Backups, "backup")}, {Count(result.Packs, "pack")}, {read}."
        );
        if (result.Backups == 0 && result.Packs > 0)
        {
            Console.Out.WriteLine(
                "There is data and no backup: all were deleted and prune has not run since, or their manifests were lost, which leaves "
                    + "nothing here that names them. Another copy may have them."
            );
        }

        if (result.LoosePacks > 0)
        {
            Console.Out.WriteLine(
                $"{Count(result.LoosePacks, "pack")} that no index object names: of a backup that is being made, or was not finished. "
                    + $"That is no damage."
            );
        }
    }

    private static string Of(string? volume) => volume is null ? "" : $" of {volume}";

    private static string Lost(DamagedBackup lost)
    {
        if (lost.Ranges.Count == 0)
        {
            return "all of it";
        }

        var ranges = lost.Ranges.Take(RangesShown).Select(range => $"{range.Offset} to {range.Offset + range.Length - 1}");
        var more = lost.Ranges.Count > RangesShown || lost.HasMore ? ", …" : "";
        return $"{Text.Bytes(lost.Bytes)} lost: bytes {string.Join(", ", ranges)}{more}";
    }

    private sealed class CheckBar(ProgressLine line) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }
}
