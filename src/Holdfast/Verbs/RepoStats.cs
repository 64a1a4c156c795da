using System.CommandLine;
using Holdfast.Engine;
using Holdfast.Offline;
using Holdfast.Terminal;

namespace Holdfast.Verbs;

internal static class RepoStats
{
    public static Command Make()
    {
        var repository = new RepositoryOptionSet();
        var json = Shared.Json();
        var command = new Command("stats", "Show what a repository holds.") { json };
        repository.AddTo(command);
        command.SetAction(async (parse, cancel) =>
        {
            await using var opened = await OfflineRepository.OpenForReadingAsync(repository.Require(parse), cancel);
            var stats = await opened.Repository.StatsAsync(cancel);
            if (parse.GetValue(json))
            {
                WriteJson(opened.Repository, stats);
                return;
            }

            Print(opened.Repository, stats);
        });
        return command;
    }

    private static void WriteJson(Repository repository, RepositoryStats stats) => JsonOut.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("id", repository.Id);
        json.WriteNumber("chunk_bytes", repository.Options.ChunkSize);
        json.WriteNumber("compression_level", repository.Options.CompressionLevel);
        json.WriteString("owner", repository.Options.Owner);
        json.WriteNumber("backups", stats.Backups);
        json.WriteNumber("data_packs", stats.DataPacks);
        json.WriteNumber("map_packs", stats.MapPacks);
        json.WriteNumber("data_bytes", stats.DataBytes);
        json.WriteNumber("map_bytes", stats.MapBytes);
        json.WriteNumber("index_bytes", stats.IndexBytes);
        json.WriteNumber("manifest_bytes", stats.ManifestBytes);
        json.WriteNumber("total_bytes", stats.TotalBytes);
        json.WriteEndObject();
    });

    private static void Print(Repository repository, RepositoryStats stats) => Tables.PrintFacts(
        ("Id", repository.Id),
        ("Chunk size", Text.Bytes(repository.Options.ChunkSize)),
        ("Owner", Tables.Plain(repository.Options.Owner ?? "none: offline verbs may write")),
        ("Backups", stats.Backups.ToString()),
        ("Data", $"{Text.Bytes(stats.DataBytes)} in {stats.DataPacks} packs"),
        ("Maps", $"{Text.Bytes(stats.MapBytes)} in {stats.MapPacks} packs"),
        ("Index", Text.Bytes(stats.IndexBytes)),
        ("Manifests", Text.Bytes(stats.ManifestBytes)),
        ("In all", Text.Bytes(stats.TotalBytes)));
}
