using System.CommandLine;
using System.Text.Json;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoPrune
{
    /// <summary>Damaged packs that are named in the table; <c>--json</c> has all.</summary>
    private const int MostNamed = 20;

    public static Command Make(ServerOptions server)
    {
        var repository = new RepositoryOptionSet();
        var output = OutputOptions.OfObject();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell what would be freed; change nothing." };
        var command = new Command(
            "prune",
            "Free the space of what no backup needs (role admin); or, with --repository, of a repository that no service owns."
        )
        {
            dryRun,
            output,
        };
        repository.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                var isDryRun = parse.GetValue(dryRun);
                var figures = repository.Find(parse) is { } at
                    ? await RunAsync(at, isDryRun, cancel)
                    : await RunAsync(server, parse, isDryRun, cancel);
                if (output.IsJson(parse))
                {
                    using var document = JsonDocument.Parse(figures.ToJson());
                    JsonOut.Write(document.RootElement);
                    return;
                }

                Print(figures, isDryRun);
            }
        );
        return command;
    }

    private static async Task<PruneFigures> RunAsync(RepositoryAt at, bool isDryRun, CancellationToken cancel)
    {
        // Prune takes the store's lock by itself, when it needs it.
        await using var opened = await OfflineRepository.OpenForReadingAsync(at, cancel);
        if (!isDryRun && await opened.Repository.KnowStoreClassAsync(cancel) is { } known && known.Class != StoreClass.Atomic)
        {
            throw new VerbFailedException(
                $"prune needs a store that keeps writers out while it deletes, and that of '{opened.Place}' is of class "
                    + $"{known.Class.InWords()}. Run a service on it, which prunes beside its backups."
            );
        }

        var ledger = opened.Repository.MakeFolderLedger();
        using var line = new ProgressLine(TimeProvider.System);
        var options = new PruneOptions { Progress = new PruneBar(line) };
        line.Doing(isDryRun ? "Looking what could be freed," : "Pruning,");
        return isDryRun
            ? await opened.Repository.LookAtPruneAsync(ledger, options, cancel)
            : await opened.Repository.PruneAsync(ledger, options, cancel);
    }

    private static async Task<PruneFigures> RunAsync(ServerOptions server, ParseResult parse, bool isDryRun, CancellationToken cancel)
    {
        if (isDryRun)
        {
            using var api = server.Open(parse);
            return Read(await api.Upkeep.LookAtPruneAsync(cancel));
        }

        JsonElement told = default;
        await UpkeepRun.RunAsync(server, parse, "prune", figures => told = figures, cancel);
        return Read(told);
    }

    private sealed class PruneBar(ProgressLine line) : IProgress<PruneProgress>
    {
        public void Report(PruneProgress value) => line.Report(value.BytesDone, value.BytesTotal, "");
    }

    private static PruneFigures Read(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && PruneFigures.FromJson(answer.GetRawText()) is { } figures
            ? figures
            : throw new VerbFailedException("the service's answer cannot be read.");

    private static void Print(PruneFigures figures, bool isDryRun)
    {
        Tables.PrintFacts([
            ("Live", Text.Bytes(figures.BytesLive)),
            ("Deleted, can be brought back", Text.Bytes(figures.BytesDeleted)),
            ("Held by running jobs", Text.Bytes(figures.BytesHeld)),
            ("Unused in packs that are needed", Text.Bytes(figures.BytesUnused)),
            .. isDryRun
                ? new (string, string?)[]
                {
                    ("Dead", $"{Text.Bytes(figures.BytesDead)} in {figures.PacksDead} packs"),
                    ("In no index", $"{Text.Bytes(figures.BytesLoose)} in {figures.ObjectsLoose} objects"),
                    ("To be rewritten", $"{figures.PacksToRewrite} packs, {Text.Bytes(figures.BytesToMove)} to move"),
                }
                :
                [
                    ("Freed", $"{Text.Bytes(figures.BytesFreed)}, {figures.PacksDeleted} packs"),
                    ("Rewritten", $"{figures.PacksRewritten} packs"),
                ],
            ("On their way out", $"{Text.Bytes(figures.BytesCondemned)} in {figures.ObjectsCondemned} objects"),
            .. figures.WaitingFor.Select(waiting => ("Waiting for", (string?)$"job {waiting.Job}, since {Text.Time(waiting.Since)} UTC")),
            .. figures.DamagedPacks.Take(MostNamed).Select(pack => ("Damaged, left alone", (string?)Tables.Plain(pack))),
            .. figures.DamagedPacks.Count > MostNamed
                ? new (string, string?)[] { ("", $"and {figures.DamagedPacks.Count - MostNamed} more") }
                : [],
        ]);
        if (figures.ItemsMissing > 0)
        {
            Console.Error.WriteLine(
                "holdfast: backups need chunks that are in no pack that is there, so what no index names was left alone. Run 'holdfast "
                    + "repo check'."
            );
        }
    }
}
