using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoRepair
{
    public static Command Make()
    {
        var repository = new RepositoryOptionSet();
        var from = new Option<string?>("--from")
        {
            HelpName = "ADDRESS",
            Description = "Another copy of the repository, from which what is damaged or gone is fetched.",
        };
        var backups = new Option<string[]>("--backup")
        {
            HelpName = "BACKUP",
            Description = "With --from: fetch this backup too, by its id, of which nothing is left here. May be given several times.",
        };
        var quick = new Option<bool>("--quick")
        {
            Description = "Do not read all packs: mend what 'repo check' finds without --read.",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be done, and change nothing." };
        var writer = new WriterOptionSet();
        var output = OutputOptions.OfObject();
        var command = new Command(
            "repair",
            "Mend a damaged repository: index what is sound, put aside what is damaged, say what is lost. Exit code 1 when something is"
        );
        repository.AddTo(command);
        writer.AddTo(command);
        foreach (var option in new Option[] { from, backups, quick, dryRun })
        {
            command.Options.Add(option);
        }

        output.AddTo(command);

        command.SetAction(
            (parse, cancel) =>
                OfflineRepair.RunAsync(
                    repository.Require(parse),
                    new RepairOrder(
                        parse.GetValue(from) is { } other ? RepositoryOptionSet.ParseAddress("--from", other) : null,
                        parse.GetValue(backups) ?? [],
                        parse.GetValue(quick),
                        parse.GetValue(dryRun),
                        writer.Read(parse),
                        output.IsJson(parse)
                    ),
                    cancel
                )
        );
        return command;
    }
}
