using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupVerify
{
    public static Command Make()
    {
        var which = BackupShow.BackupId(offline: true);
        var output = OutputOptions.OfObject();
        var repository = new RepositoryOptionSet();
        var command = new Command(
            "verify",
            "Restore a backup of a repository to nowhere: all is read and verified, nothing written. Exit code 1 where it is damaged. With "
                + "a service: 'holdfast drill run'."
        )
        {
            which,
            output,
        };
        repository.AddTo(command);
        command.Options.Add(repository.Volume);
        command.SetAction(
            (parse, cancel) =>
                OfflineVerify.RunAsync(
                    repository.Require(parse),
                    parse.GetRequiredValue(which),
                    repository.ReadVolume(parse),
                    output.IsJson(parse),
                    cancel
                )
        );
        return command;
    }
}
