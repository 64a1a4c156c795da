using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoRepair
{
    public static Command Make()
    {
        var repository = new RepositoryOptionSet();
        var from = new Option<string?>("--from")
        {
            HelpName = "DIR",
            Description = "Another copy of the repository, from which what is damaged or gone is fetched.",
        };
        var quick = new Option<bool>("--quick")
        {
            Description = "Do not read all packs: mend what 'repo check' finds without --read.",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be done, and change nothing." };
        var force = CommonOptions.ForceOwned();
        var json = CommonOptions.Json();
        var command = new Command(
            "repair",
            "Mend a damaged repository: index what is sound, put aside what is damaged, say what is lost. Exit code 1 when something is"
        );
        repository.AddTo(command);
        foreach (var option in new Option[] { from, quick, dryRun, force, json })
        {
            command.Options.Add(option);
        }

        command.SetAction(
            (parse, cancel) =>
                OfflineRepair.RunAsync(
                    repository.Require(parse),
                    new RepairOrder(
                        parse.GetValue(from) is { } other ? GivenPath.Full(other) : null,
                        parse.GetValue(quick),
                        parse.GetValue(dryRun),
                        parse.GetValue(force),
                        parse.GetValue(json)
                    ),
                    cancel
                )
        );
        return command;
    }
}
