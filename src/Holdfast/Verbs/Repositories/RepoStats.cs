using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Offline;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoStats
{
    public static Command Make(ServerOptions server)
    {
        var repository = new RepositoryOptionSet();
        var output = OutputOptions.OfObject();
        var command = new Command(
            "stats",
            "Show what the service's repository holds (role admin); or, with --repository, any repository without a service."
        )
        {
            output,
        };
        repository.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                if (repository.Find(parse) is not { } at)
                {
                    using var api = server.Open(parse);
                    PrintOfService(await api.Backups.GetRepositoryAsync(cancel), output.IsJson(parse));
                    return;
                }

                await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
                var (stats, found) = await LookAsync(opened.Repository, cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(RepositoryStatsOut.Of(opened.Repository, stats, found), OfflineJson.Default.RepositoryStatsOut);
                    return;
                }

                Print(opened.Repository, stats, found);
            }
        );
        return command;
    }

    private static async Task<(RepositoryStats Stats, PruneFigures? Found)> LookAsync(Repository repository, CancellationToken cancel)
    {
        using var line = new ProgressLine(TimeProvider.System);
        line.Doing("Looking at what the backups need,");
        return (await repository.StatsAsync(cancel), await LookAtUseAsync(repository, cancel));
    }

    /// <summary>What is live, by a walk over all maps; null where it cannot be told: a service's backups that are being made, or damage,
    /// which other verbs name.</summary>
    private static async Task<PruneFigures?> LookAtUseAsync(Repository repository, CancellationToken cancel)
    {
        try
        {
            return await repository.LookAtPruneAsync(repository.MakeFolderLedger(), new PruneOptions(), cancel);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Refused or FailureKind.Corrupted)
        {
            return null;
        }
    }

    private static void PrintOfService(JsonElement stats, bool json)
    {
        if (json)
        {
            JsonOut.Write(stats);
            return;
        }

        Tables.PrintFacts(
            ("Id", Tables.Plain(stats.Text("id"))),
            ("Backups", stats.Number("backups").ToString()),
            ("Data", $"{Text.Bytes(stats.Number("data_bytes"))} in {stats.Number("data_packs")} packs"),
            ("Maps", $"{Text.Bytes(stats.Number("map_bytes"))} in {stats.Number("map_packs")} packs"),
            ("Index", Text.Bytes(stats.Number("index_bytes"))),
            ("Manifests", Text.Bytes(stats.Number("manifest_bytes"))),
            ("In all", Text.Bytes(stats.Number("total_bytes"))),
            ("Live", Text.Bytes(stats.Number("bytes_live"))),
            ("Unused", Text.Bytes(stats.Number("bytes_unused"))),
            ("Deleted, can be brought back", Text.Bytes(stats.Number("bytes_deleted"))),
            ("Last prune", LastPrune(stats.Object("last_prune")))
        );
    }

    private static string LastPrune(JsonElement? last) =>
        last is { ValueKind: JsonValueKind.Object } run
            ? $"{Tables.Plain(run.Text("ended_at"))}, {Text.Bytes(run.Number("bytes_freed"))} freed"
            : "never";

    private static void Print(Repository repository, RepositoryStats stats, PruneFigures? found) =>
        Tables.PrintFacts(
            ("Id", repository.Id),
            ("Chunk size", Text.Bytes(repository.Options.ChunkSize)),
            ("Owner", Tables.Plain(repository.Options.Owner ?? "none: offline verbs may write")),
            ("Backups", stats.Backups.ToString()),
            ("Data", $"{Text.Bytes(stats.DataBytes)} in {stats.DataPacks} packs"),
            ("Maps", $"{Text.Bytes(stats.MapBytes)} in {stats.MapPacks} packs"),
            ("Index", Text.Bytes(stats.IndexBytes)),
            ("Manifests", Text.Bytes(stats.ManifestBytes)),
            ("In all", Text.Bytes(stats.TotalBytes)),
            ("Live", Text.Bytes(found?.BytesLive)),
            ("Unused", Text.Bytes(found?.BytesUnused + found?.BytesDead + found?.BytesLoose))
        );
}
