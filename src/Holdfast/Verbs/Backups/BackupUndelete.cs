using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupUndelete
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("BACKUP") { Description = "Id or name of a deleted backup (holdfast backup list --deleted)." };
        var command = new Command(
            "undelete",
            "Bring a deleted backup back, for as long as the service keeps it (Upkeep:KeepDeletedDays). It belongs to no policy then."
        )
        {
            which,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var id = await api.Operations.FindDeletedAsync(parse.GetRequiredValue(which), cancel);
                await api.Operations.UndeleteAsync(id, cancel);
                Console.WriteLine($"Backup {id} is back.");
            }
        );
        return command;
    }
}
