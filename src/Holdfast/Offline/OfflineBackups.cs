using System.Globalization;
using Holdfast.Engine;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>The engine's work without a service: backups of a repository, by its folder and key.</summary>
internal static class OfflineBackups
{
    public static async Task CreateAsync(
        RepositoryAt at,
        string source,
        string parent,
        bool forceOwned,
        bool json,
        CancellationToken cancel
    )
    {
        var address = DeviceAddress.Parse(source);
        await using var device = address.OpenForReading();
        await using var opened = await OfflineRepository.OpenForWritingAsync(at, forceOwned, cancel);
        var repository = opened.Repository;
        var volume = address.ToString();
        var request = new BackupRequest
        {
            Id = BackupId.New(TimeProvider.System),
            Volume = volume,
            Parent = await ParentAsync(repository, parent, volume, cancel),
        };
        Manifest manifest;
        using (var line = new ProgressLine(TimeProvider.System))
        {
            manifest = await repository.BackupAsync(device, request, new BackupBar(line), cancel);
        }

        if (json)
        {
            JsonOut.Write(writer => ManifestOut.WriteJson(writer, manifest));
            return;
        }

        Console.Out.WriteLine(ManifestOut.Summary(manifest));
    }

    public static async Task ListAsync(RepositoryAt at, string? volume, bool json, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var manifests = new List<Manifest>();
        await foreach (var manifest in opened.Repository.ListAsync(cancel))
        {
            if (volume is null || manifest.Volume == volume || manifest.Source == volume)
            {
                manifests.Add(manifest);
            }
        }

        manifests.Reverse();
        if (json)
        {
            JsonOut.Write(writer =>
            {
                writer.WriteStartArray();
                manifests.ForEach(manifest => ManifestOut.WriteJson(writer, manifest));
                writer.WriteEndArray();
            });
            return;
        }

        PrintTable(manifests);
    }

    public static async Task ShowAsync(RepositoryAt at, string id, bool json, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        var manifest = await FindAsync(opened.Repository, id, cancel);
        if (json)
        {
            JsonOut.Write(writer => ManifestOut.WriteJson(writer, manifest));
            return;
        }

        PrintFacts(manifest);
    }

    public static async Task DeleteAsync(RepositoryAt at, string id, bool forceOwned, CancellationToken cancel)
    {
        await using var opened = await OfflineRepository.OpenForWritingAsync(at, forceOwned, cancel);
        var manifest = await FindAsync(opened.Repository, id, cancel);
        await opened.Repository.RemoveAsync(manifest.Id, cancel);
        Console.Out.WriteLine($"Backup {manifest.Id} is deleted. Its space is freed by the repository's next clean-up.");
    }

    /// <summary>A backup by its id, or the newest one for <c>latest</c>.</summary>
    public static async Task<Manifest> FindAsync(Repository repository, string id, CancellationToken cancel)
    {
        if (id == "latest")
        {
            return await NewestAsync(repository, volume: null, cancel)
                ?? throw new VerbFailedException("the repository holds no backup yet.");
        }

        return
            BackupId.TryParse(id, CultureInfo.InvariantCulture, out var parsed) && await repository.FindAsync(parsed, cancel) is { } found
            ? found
            : throw new VerbFailedException($"the repository holds no backup '{id}'. 'holdfast backup list' shows what it holds.");
    }

    private static async Task<BackupId?> ParentAsync(Repository repository, string parent, string volume, CancellationToken cancel) =>
        parent switch
        {
            "none" => null,
            "latest" => (await NewestAsync(repository, volume, cancel))?.Id,
            _ => (await FindAsync(repository, parent, cancel)).Id,
        };

    private static async Task<Manifest?> NewestAsync(Repository repository, string? volume, CancellationToken cancel)
    {
        Manifest? newest = null;
        await foreach (var manifest in repository.ListAsync(cancel))
        {
            newest = volume is null || manifest.Volume == volume ? manifest : newest;
        }

        return newest;
    }

    private static void PrintTable(List<Manifest> manifests) =>
        Tables.Print(
            ["Id", "Finished (UTC)", "Source", ">Size", ">Read", ">New", ">Stored"],
            manifests.Select(m =>
                new[]
                {
                    m.Id.ToString(),
                    Text.Time(m.FinishedAt),
                    Tables.Plain(m.Source),
                    Text.Bytes(m.VolumeSize),
                    Text.Bytes(m.Figures.BytesRead),
                    Text.Bytes(m.Figures.BytesNew),
                    Text.Bytes(m.Figures.BytesStored),
                }
            )
        );

    private static void PrintFacts(Manifest m) =>
        Tables.PrintFacts(
            ("Id", m.Id.ToString()),
            ("Volume", Tables.Plain(m.Volume)),
            ("Source", Tables.Plain(m.Source)),
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
