using System.CommandLine;
using Holdfast.Offline;

namespace Holdfast.Verbs;

internal static class BackupCreate
{
    public static Command Make()
    {
        var source = new Option<string>("--source") { HelpName = "FILE", Description = "The file or block device to back up.", Required = true };
        var repository = new RepositoryOptionSet();
        var parent = new Option<string>("--parent") { HelpName = "latest|none|ID", Description = "What to compare with (latest, of the same source).", DefaultValueFactory = _ => "latest" };
        var force = ForceOwned();
        var json = Shared.Json();
        var command = new Command("create", "Back a file or device up into a repository, without a service. A service's backups are made by its policies ('holdfast policy execute').") { source };
        repository.AddTo(command);
        foreach (var option in new Option[] { parent, force, json })
        {
            command.Options.Add(option);
        }

        command.SetAction((parse, cancel) => OfflineBackups.CreateAsync(
            repository.Require(parse), Shared.Address(parse.GetRequiredValue(source)), parse.GetRequiredValue(parent), parse.GetValue(force), parse.GetValue(json), cancel));
        return command;
    }

    public static Option<bool> ForceOwned() =>
        new("--force-owned") { Description = "Write even though a service owns the repository. Only when that service is gone for good." };
}
