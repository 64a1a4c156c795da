using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupDelete
{
    public static Command Make(ServerOptions server)
    {
        var which = BackupShow.BackupId(offline: true);
        var writer = new WriterOptionSet();
        var repository = new RepositoryOptionSet();
        var command = new Command("delete", "Delete one backup. All others stay whole.") { which };
        writer.AddTo(command);
        repository.AddTo(command);
        command.Options.Add(repository.Volume);
        command.SetAction(
            async (parse, cancel) =>
            {
                var narrowed = repository.ReadVolume(parse);
                if (repository.Find(parse) is { } at)
                {
                    await OfflineBackups.DeleteAsync(at, parse.GetRequiredValue(which), narrowed, writer.Read(parse), cancel);
                    return;
                }

                using var api = server.Open(parse);
                var id = await api.FindBackupAsync(parse.GetRequiredValue(which), cancel);
                await api.DeleteBackupAsync(id, cancel);
                Console.WriteLine(
                    $"Backup {id} is being deleted. While the service keeps it, 'holdfast backup undelete {id}' brings it back."
                );
            }
        );
        return command;
    }
}
