using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupResetStatus
{
    public static Command Make(ServerOptions server)
    {
        var which = BackupShow.BackupId(offline: false);
        var status = CommonOptions.ResetStatus();
        var command = new Command(
            "reset-status",
            "Say by hand that a backup is available or in error (role admin). Available it becomes only if the repository holds it."
        )
        {
            which,
            status,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var id = await api.FindBackupAsync(parse.GetRequiredValue(which), cancel);
                await api.Backups.ResetStatusAsync("backups", id, parse.GetRequiredValue(status), cancel);
                Console.WriteLine($"Backup {id} is said to be {parse.GetRequiredValue(status)}.");
            }
        );
        return command;
    }
}
