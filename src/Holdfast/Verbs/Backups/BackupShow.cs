using System.CommandLine;
using Holdfast.Client;
using Holdfast.Offline;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupShow
{
    public static Command Make(ServerOptions server)
    {
        var which = BackupId(offline: true);
        var output = OutputOptions.OfObject();
        var repository = new RepositoryOptionSet();
        var command = new Command("show", "Show one backup.") { which, output };
        repository.AddTo(command);
        command.Options.Add(repository.Volume);
        command.SetAction(
            async (parse, cancel) =>
            {
                var narrowed = repository.ReadVolume(parse);
                if (repository.Find(parse) is { } at)
                {
                    await OfflineBackups.ShowAsync(at, parse.GetRequiredValue(which), narrowed, output.IsJson(parse), cancel);
                    return;
                }

                using var api = server.Open(parse);
                var backup = await api.GetBackupAsync(await api.FindBackupAsync(parse.GetRequiredValue(which), cancel), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(backup.Raw);
                    return;
                }

                // The volume may be gone, and is another project's where the backup is shared.
                var volume = (await api.ListVolumesAsync(cancel)).FirstOrDefault(volume => volume.Id == backup.VolumeId);
                Print(backup, volume?.Name);
                ConsistencyText.PrintAdvice(backup.Consistency);
            }
        );
        return command;
    }

    /// <param name="offline">The verb works with <c>--repository</c> too.</param>
    public static Argument<string> BackupId(bool offline) =>
        new("BACKUP")
        {
            Description = offline
                ? "Id of a backup, or its name where no other has it (with --repository the id, or 'latest')."
                : "Id of a backup, or its name where no other has it.",
        };

    private static string? VerdictOf(BackupItem backup) =>
        backup.Verdict is not { } verdict ? null
        : verdict.IsOk ? $"whole, seen by a {verdict.By} at {Text.Time(verdict.At)} UTC"
        : $"damaged, seen by a {verdict.By} at {Text.Time(verdict.At)} UTC: {verdict.Reason}";

    private static void Print(BackupItem backup, string? volume) =>
        Tables.PrintFacts(
            ("Id", backup.Id),
            ("Name", Tables.Plain(backup.Name)),
            ("Description", Tables.Plain(backup.Raw.Text("description"))),
            ("Volume", volume is null ? backup.VolumeId : $"{Tables.Plain(volume)} ({backup.VolumeId})"),
            ("Status", Tables.State(backup.Status)),
            ("Why", Tables.Plain(backup.FailReason)),
            ("Created", $"{Text.Time(backup.CreatedAt)} UTC"),
            ("Consistency", Tables.Plain(backup.Consistency)),
            ("Verdict", Tables.Plain(VerdictOf(backup))),
            ("Size", Text.Bytes(backup.VolumeBytes)),
            ("Read", Text.Bytes(backup.BytesRead)),
            ("New", Text.Bytes(backup.BytesNew)),
            ("Stored", Text.Bytes(backup.BytesStored))
        );
}
