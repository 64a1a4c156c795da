using System.CommandLine;
using Holdfast.Engine.Upkeep;
using Holdfast.Offline;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoCopy
{
    public static Command Make()
    {
        var repository = new RepositoryOptionSet();
        var to = new Option<string>("--to") { HelpName = "ADDRESS", Description = "Where the copy is, or is to be made: a folder or a bucket.", Required = true };
        var verify = new Option<bool>("--verify")
        {
            Description = "Open everything in the copy to its last byte, what is old too, and copy again what is damaged there.",
        };
        var remove = new Option<bool>("--remove") { Description = "Remove from the copy what is not in the repository any more." };
        var json = CommonOptions.Json();
        var command = new Command(
            "copy",
            "Bring a second copy of a repository up to date. Only what it lacks is copied; a service may run meanwhile."
        );
        repository.AddTo(command);
        foreach (var option in new Option[] { to, verify, remove, json })
        {
            command.Options.Add(option);
        }

        command.SetAction(
            (parse, cancel) =>
                OfflineCopy.RunAsync(
                    repository.Require(parse),
                    RepositoryOptionSet.ParseAddress("--to", parse.GetRequiredValue(to)),
                    new CopyOptions { Verify = parse.GetValue(verify), Remove = parse.GetValue(remove) },
                    parse.GetValue(json),
                    cancel
                )
        );
        return command;
    }
}
