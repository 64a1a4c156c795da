using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

/// <summary><c>backup export-record</c> and <c>backup import-record</c>: a backup goes to another service that has the same
/// repository.</summary>
internal static class BackupRecords
{
    /// <summary>Bytes of a file that is looked at as a record. One is of a few KiB at most.</summary>
    private const int MaxLength = 1 << 20;

    public static Command MakeExport(ServerOptions server)
    {
        var which = BackupShow.BackupId(offline: false);
        var command = new Command(
            "export-record",
            "Print a backup's record, as JSON: what 'backup import-record' of another service on the same repository takes (role admin)."
        )
        {
            which,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var id = await api.FindBackupAsync(parse.GetRequiredValue(which), cancel);
                JsonOut.Write(await api.Backups.ExportRecordAsync(id, cancel), ClientJson.Default.RecordRequest);
            }
        );
        return command;
    }

    public static Command MakeImport(ServerOptions server)
    {
        var from = new Argument<string>("FILE")
        {
            Description = "The file that holds the record, or - for standard input.",
            DefaultValueFactory = _ => "-",
        };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "import-record",
            "Take over a backup from its record, out of the repository that the service has (role admin)."
        )
        {
            from,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var record = await ReadAsync(parse.GetRequiredValue(from), cancel);
                using var api = server.Open(parse);
                var backup = await api.Backups.ImportRecordAsync(record, cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write((await api.GetBackupAsync(backup.Id, cancel)).Raw);
                    return;
                }

                Console.WriteLine($"Backup {backup.Id} is imported. 'holdfast backup show {backup.Id}' shows it.");
            }
        );
        return command;
    }

    private static async Task<RecordRequest> ReadAsync(string file, CancellationToken cancel)
    {
        var source = file == "-" ? "standard input" : $"'{file}'";
        try
        {
            await using var stream = file == "-" ? Console.OpenStandardInput() : File.OpenRead(GivenPath.Full(file));
            var bytes = new byte[MaxLength];
            var length = await stream.ReadAtLeastAsync(bytes, MaxLength, throwOnEndOfStream: false, cancel);
            using var document = length < MaxLength ? JsonDocument.Parse(bytes.AsMemory(0, length)) : null;
            if (
                document?.RootElement is { } root
                && (root.Object("backup-record") ?? root) is var record
                && (record.Text("backup_service"), record.Text("backup_url")) is ({ } service, { } url)
            )
            {
                return new RecordRequest(new RecordMembers(service, url));
            }
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new VerbFailedException($"{source} holds no record of a backup: 'holdfast backup export-record BACKUP' prints one.");
    }
}
