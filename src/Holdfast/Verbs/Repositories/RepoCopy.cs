using System.CommandLine;
using System.Text.Json;
using Holdfast.Engine.Upkeep;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoCopy
{
    public static Command Make(ServerOptions server)
    {
        var repository = new RepositoryOptionSet();
        var to = new Option<string?>("--to")
        {
            HelpName = "ADDRESS",
            Description = "Where the copy is, or is to be made: a folder or a bucket.",
        };
        var verify = new Option<bool>("--verify")
        {
            Description = "Open everything in the copy to its last byte, what is old too, and copy again what is damaged there.",
        };
        var remove = new Option<bool>("--remove") { Description = "Remove from the copy what is not in the repository any more." };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "copy",
            "Bring a second copy of a repository up to date. Only what it lacks is copied; a service may run meanwhile. Without "
                + "--repository the service brings its own up to date (role admin)."
        );
        repository.AddTo(command);
        foreach (var option in new Option[] { to, verify, remove })
        {
            command.Options.Add(option);
        }

        output.AddTo(command);

        command.SetAction(
            async (parse, cancel) =>
            {
                var options = new CopyOptions { Verify = parse.GetValue(verify), Remove = parse.GetValue(remove) };
                if (repository.Find(parse) is { } at)
                {
                    var place = parse.GetValue(to) ?? throw new UsageException("--to ADDRESS is missing: where the copy is to be.");
                    await OfflineCopy.RunAsync(
                        at,
                        RepositoryOptionSet.ParseAddress("--to", place),
                        options,
                        output.IsJson(parse),
                        cancel
                    );
                    return;
                }

                if (parse.GetValue(to) is not null || options != new CopyOptions())
                {
                    throw new UsageException(
                        "--to, --verify and --remove go with --repository; where a service's copy is, Repository:Copy:Url says."
                    );
                }

                await UpkeepRun.RunAsync(server, parse, "copy", told => Tell(told, output.IsJson(parse)), cancel);
            }
        );
        return command;
    }

    private static void Tell(JsonElement told, bool json)
    {
        if (json)
        {
            JsonOut.Write(told);
        }
        else if (CopyFigures.FromJson(told.GetRawText()) is { } figures)
        {
            Console.Out.WriteLine(
                $"The copy holds {figures.Backups} backups: {figures.ObjectsCopied} objects copied ({Text.Bytes(figures.BytesCopied)}), "
                    + $"{figures.ObjectsRemoved} removed, {figures.ObjectsKept ?? 0} kept that the repository does not have any more."
            );
        }
    }
}
