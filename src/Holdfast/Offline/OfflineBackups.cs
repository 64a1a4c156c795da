using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>How a backup is made without a service.</summary>
/// <param name="Source">Address of the file or device.</param>
/// <param name="Parent"><c>latest</c>, <c>none</c> or a backup's id.</param>
/// <param name="Terms">What is known of other writers.</param>
/// <param name="AcceptDevice">Take the device though the newest backup of this source is of another.</param>
internal sealed record OfflineOrder(string Source, string Parent, WriterTerms Terms, bool AcceptDevice, bool Json);

/// <summary>The engine's work without a service: backups of a repository, by its folder and key.</summary>
internal static class OfflineBackups
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "volume",
        "source",
        "number",
        "volume_bytes",
        "@started_at",
        "@finished_at",
        "parent",
        "consistency",
        "chunk_bytes",
        "bytes_read",
        "bytes_new",
        "bytes_stored",
        "chunks_total",
        "chunks_zero",
        "chunks_new",
        "chunks_changed",
        "root",
    ];

    public static async Task CreateAsync(RepositoryAt at, OfflineOrder order, CancellationToken cancel)
    {
        var address = DeviceAddress.Parse(order.Source);
        await using var device = address.OpenForReading();
        await using var opened = await OfflineRepository.OpenForWritingAsync(at, order.Terms, cancel);
        var volume = address.ToString();
        var catalog = await OfflineCatalog.ReadAsync(opened, cancel);
        var newest = catalog.NewestOf(volume);
        var isSame = IsSameDevice(device, newest, order.AcceptDevice);
        var request = new BackupRequest
        {
            Id = BackupId.New(TimeProvider.System),
            Volume = volume,
            Parent = await ParentAsync(opened, catalog, order.Parent, volume, cancel),
            Number = (newest?.Number ?? 0) + 1,
            TrustContentStamp = isSame,
        };
        Manifest manifest;
        using (var line = new ProgressLine(TimeProvider.System))
        {
            manifest = await opened.Repository.BackupAsync(device, request, new BackupBar(line), cancel);
        }

        if (order.Json)
        {
            var made = BackupOut.Of(manifest) with { StoreRequests = RequestsOut.Of(opened.Requests) };
            JsonOut.Write(made, OfflineJson.Default.BackupOut);
            return;
        }

        Console.Out.WriteLine(Summary(manifest));
        if (opened.Requests is { } sent)
        {
            Console.Out.WriteLine($"Requests to the store: {sent.Puts} puts, {sent.Gets} reads, {sent.Total} in all.");
        }

        ConsistencyText.PrintAdvice(manifest.Consistency);
    }

    /// <exception cref="VerbFailedException">After the list, where it is not whole.</exception>
    public static async Task ListAsync(RepositoryAt at, VolumeName? volume, ListOutput output, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var catalog = await OfflineCatalog.ReadAsync(opened, cancel);
        IReadOnlyList<Manifest> shown = [.. catalog.Of(volume).Reverse()];
        if (!output.Wrote([.. shown.Select(BackupOut.Of)], OfflineJson.Default.IReadOnlyListBackupOut, Fields))
        {
            PrintTable(shown, output);
        }

        if (catalog.Damaged is { Count: > 0 } damaged)
        {
            throw new VerbFailedException(
                $"the list is not whole: {damaged.Count} backup{(damaged.Count == 1 ? "" : "s")} cannot be read "
                    + $"({string.Join(", ", damaged)}). 'holdfast backup delete ID' removes one for good."
            );
        }
    }

    public static async Task ShowAsync(RepositoryAt at, string id, VolumeName? volume, bool json, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var manifest = await FindAsync(opened, id, volume, cancel);
        if (json)
        {
            JsonOut.Write(BackupOut.Of(manifest), OfflineJson.Default.BackupOut);
            return;
        }

        PrintFacts(manifest);
        ConsistencyText.PrintAdvice(manifest.Consistency);
    }

    public static async Task DeleteAsync(RepositoryAt at, string id, VolumeName? volume, WriterTerms terms, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForWritingAsync(at, terms, cancel);
        if (id != OfflineCatalog.Latest)
        {
            await DeleteByIdAsync(opened, id, volume, cancel);
            return;
        }

        var catalog = await OfflineCatalog.ReadAsync(opened, cancel);
        if (catalog.Damaged.Count > 0)
        {
            throw new VerbFailedException(
                "the latest backup may be one that cannot be read, so nothing is deleted. Give the id of the one that is meant."
            );
        }

        var latest = catalog.FindLatest(volume);
        await opened.Repository.RemoveAsync(latest.Id, cancel);
        TellDeleted($"{latest.Id} of {latest.Source}");
    }

    /// <summary>A backup by its id, or the newest one of a volume for <c>latest</c>.</summary>
    public static async Task<Manifest> FindAsync(OfflineRepository opened, string id, VolumeName? volume, CancellationToken cancel)
    {
        if (id == OfflineCatalog.Latest)
        {
            return (await OfflineCatalog.ReadAsync(opened, cancel)).FindLatest(volume);
        }

        ThrowIfNarrowed(volume);
        return await OfflineCatalog.FindAsync(opened, id, cancel);
    }

    private static void ThrowIfNarrowed(VolumeName? volume)
    {
        if (volume is not null)
        {
            throw new UsageException("--volume goes with 'latest': an id names one backup already.");
        }
    }

    /// <summary>One that cannot be read can be deleted: there is no other way to be rid of it.</summary>
    private static async Task DeleteByIdAsync(OfflineRepository opened, string id, VolumeName? volume, CancellationToken cancel)
    {
        ThrowIfNarrowed(volume);
        var parsed = OfflineCatalog.ParseId(opened, id);
        var source = "";
        try
        {
            source = $" of {(await OfflineCatalog.FindAsync(opened, id, cancel)).Source}";
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted)
        {
            Console.Error.WriteLine($"holdfast: {Failures.OneLine(e.Message)}");
        }

        await opened.Repository.RemoveAsync(parsed, cancel);
        TellDeleted($"{parsed}{source}");
    }

    private static void TellDeleted(string what) =>
        Console.Out.WriteLine($"Backup {what} is deleted. Its space is freed by the repository's next clean-up.");

    /// <summary>Device names are given anew at each start of the machine: what bears the name now may be another disk.</summary>
    /// <exception cref="VerbFailedException">It is another one, and that was not accepted.</exception>
    private static bool IsSameDevice(IBlockDevice device, Manifest? newest, bool accepted)
    {
        if (newest?.Device is not { } before || device.Identity()?.DifferencesFrom(before) is not { Count: > 0 } differences)
        {
            return true;
        }

        var told = $"'{device.Name}' is not what backup {newest.Id} is of. {string.Join(" ", differences)}";
        if (!accepted)
        {
            throw new VerbFailedException(
                $"{told} Give --accept-device if it is the right one, or another --source (for a disk, its name under /dev/disk/by-id)."
            );
        }

        Console.Error.WriteLine($"holdfast: {told} It is accepted.");
        return false;
    }

    private static async Task<BackupId?> ParentAsync(
        OfflineRepository opened,
        OfflineCatalog catalog,
        string parent,
        string volume,
        CancellationToken cancel
    ) =>
        parent switch
        {
            "none" => null,
            OfflineCatalog.Latest => catalog.NewestOf(volume)?.Id,
            _ => (await OfflineCatalog.FindAsync(opened, parent, cancel)).Id,
        };

    private static string Summary(Manifest manifest)
    {
        var figures = manifest.Figures;
        var took = Text.Duration(manifest.FinishedAt - manifest.StartedAt);
        return $"Backup {manifest.Id} of {manifest.Source} ({Text.Bytes(manifest.VolumeSize)}) took {took}: "
            + $"{Text.Bytes(figures.BytesRead)} read, {Text.Bytes(figures.BytesNew)} new, {Text.Bytes(figures.BytesStored)} stored.";
    }

    private static void PrintTable(IReadOnlyList<Manifest> manifests, ListOutput output) =>
        Tables.Print(
            ["Id", "Finished (UTC)", "Source", ">No.", "Consistency", ">Size", ">Read", ">New", ">Stored"],
            manifests.Select(m =>
                new[]
                {
                    m.Id.ToString(),
                    Text.Time(m.FinishedAt),
                    Tables.Plain(m.Source),
                    $"{m.Number}",
                    Tables.Plain(m.Consistency),
                    Text.Bytes(m.VolumeSize),
                    Text.Bytes(m.Figures.BytesRead),
                    Text.Bytes(m.Figures.BytesNew),
                    Text.Bytes(m.Figures.BytesStored),
                }
            ),
            output
        );

    private static void PrintFacts(Manifest m) =>
        Tables.PrintFacts(
            ("Id", m.Id.ToString()),
            ("Volume", Tables.Plain(m.Volume)),
            ("Source", Tables.Plain(m.Source)),
            ("Number", $"{m.Number}"),
            ("Consistency", Tables.Plain(m.Consistency)),
            ("Size", Text.Bytes(m.VolumeSize)),
            ("Started", $"{Text.Time(m.StartedAt)} UTC"),
            ("Finished", $"{Text.Time(m.FinishedAt)} UTC"),
            ("Compared with", m.Parent?.ToString() ?? "nothing"),
            ("Read", Text.Bytes(m.Figures.BytesRead)),
            ("New", Text.Bytes(m.Figures.BytesNew)),
            ("Stored", Text.Bytes(m.Figures.BytesStored)),
            ("Root", m.Root)
        );

    private sealed class BackupBar(ProgressLine line) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) =>
            line.Report(value.BytesDone, value.BytesTotal, $", {Text.Bytes(value.BytesStored)} stored");
    }
}
