using System.CommandLine;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupSet
{
    public static Command Make(ServerOptions server)
    {
        var which = BackupShow.BackupId(offline: false);
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "What to call it from now on." };
        var description = CommonOptions.Description();
        var command = new Command("set", "Change what a backup is called and described by.") { which, name, description };
        command.SetAction(
            async (parse, cancel) =>
            {
                if ((parse.GetValue(name) ?? parse.GetValue(description)) is null)
                {
                    throw new UsageException("nothing to change: give --name or --description.");
                }

                using var api = server.Open(parse);
                var id = await api.FindBackupAsync(parse.GetRequiredValue(which), cancel);
                await api.Backups.UpdateBackupAsync(id, parse.GetValue(name), parse.GetValue(description), cancel);
                Console.WriteLine($"Backup {id} is changed.");
            }
        );
        return command;
    }
}
