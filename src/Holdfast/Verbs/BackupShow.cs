using System.CommandLine;
using Holdfast.Client;
using Holdfast.Offline;
using Holdfast.Terminal;

namespace Holdfast.Verbs;

internal static class BackupShow
{
    public static Command Make(ServerOptions server)
    {
        var which = BackupId();
        var json = Shared.Json();
        var repository = new RepositoryOptionSet();
        var command = new Command("show", "Show one backup.") { which, json };
        repository.AddTo(command);
        command.SetAction(async (parse, cancel) =>
        {
            if (repository.Find(parse) is { } at)
            {
                await OfflineBackups.ShowAsync(at, parse.GetRequiredValue(which), parse.GetValue(json), cancel);
                return;
            }

            using var api = server.Open(parse);
            var backup = await api.GetBackupAsync(parse.GetRequiredValue(which), cancel);
            if (parse.GetValue(json))
            {
                JsonOut.Write(backup.Raw);
                return;
            }

            Print(backup);
        });
        return command;
    }

    public static Argument<string> BackupId() => new("BACKUP") { Description = "Id of a backup (with --repository also 'latest')." };

    private static void Print(BackupItem backup) => Tables.PrintFacts(
        ("Id", backup.Id),
        ("Name", Tables.Plain(backup.Name)),
        ("Volume", backup.VolumeId),
        ("Status", Tables.State(backup.Status)),
        ("Why", Tables.Plain(backup.FailReason)),
        ("Created", $"{Text.Time(backup.CreatedAt)} UTC"),
        ("Size", Text.Bytes(backup.VolumeBytes)),
        ("Read", Text.Bytes(backup.BytesRead)),
        ("New", Text.Bytes(backup.BytesNew)),
        ("Stored", Text.Bytes(backup.BytesStored)));
}
