using System.CommandLine;
using Holdfast.Engine;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;
using Holdfast.Offline;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoShow
{
    public static Command Make()
    {
        var repository = new RepositoryOptionSet();
        var ask = new Option<bool>("--ask")
        {
            Description = "Ask an object store anew whether it keeps writers apart (some 700 small requests).",
        };
        var output = OutputOptions.OfObject();
        var command = new Command("show", "Show what a repository is: its id, its owner, how it is laid out, where it lies.")
        {
            ask,
            output,
        };
        repository.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                await using var opened = await OfflineRepository.OpenForReadingAsync(repository.Require(parse), cancel);
                var known = parse.GetValue(ask)
                    ? await ProgressLine.WhileAsync("Asking the store,", () => opened.Repository.AskStoreClassAsync(cancel))
                    : await opened.Repository.FindStoreClassAsync(cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(RepositoryShownOut.Of(opened, known), OfflineJson.Default.RepositoryShownOut);
                    return;
                }

                Print(opened, known);
            }
        );
        return command;
    }

    private static void Print(OfflineRepository opened, KnownStoreClass? known)
    {
        var options = opened.Repository.Options;
        Tables.PrintFacts(
            ("Id", opened.Repository.Id),
            ("Owner", Tables.Plain(options.Owner ?? "none: offline verbs may write")),
            ("Place", Tables.Plain(opened.Place)),
            ("Chunk size", Text.Bytes(options.ChunkSize)),
            ("Compression", options.Compression.Name()),
            ("Writers", Writers(opened, known))
        );
    }

    private static string Writers(OfflineRepository opened, KnownStoreClass? known) =>
        known is { HasWorsened: true }
            ? $"class {known.Class.InWords()}, worse than it was: class {known.Best.InWords()} (asked {Text.Time(known.AskedAt)} UTC)"
        : known is not null ? $"class {known.Class.InWords()} (asked {Text.Time(known.AskedAt)} UTC)"
        : opened.Requests is null ? "kept apart by the folder's lock"
        : "not asked yet: --ask";
}
