using System.CommandLine;
using Holdfast.Client;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupRestore
{
    public static Command Make(ServerOptions server)
    {
        var which = BackupShow.BackupId(offline: true);
        var to = CommonOptions.RestoreTo();
        var volume = new Option<string?>("--to-volume")
        {
            HelpName = "VOLUME",
            Description = "With a service: the volume whose content is replaced (name or id).",
        };
        var overwrite = new Option<bool>("--overwrite")
        {
            Description = "The target may lose what it holds. Needed for --to-volume, a device, and a file that holds something.",
        };
        var damaged = new Option<bool>("--allow-damaged")
        {
            Description = "With --repository: restore what is left of a damaged backup, and tell what is missing (exit code 1).",
        };
        var wait = new Option<bool>("--wait") { Description = "Wait for the service to finish (true).", DefaultValueFactory = _ => true };
        var output = OutputOptions.OfObject();
        var repository = new RepositoryOptionSet();
        var command = new Command(
            "restore",
            "Write a backup into a file, device or volume. With a service, the path is one of the service's machine. (A new volume: "
                + "'holdfast volume create NAME --backup BACKUP'.)"
        )
        {
            which,
            to,
            volume,
            overwrite,
            damaged,
            wait,
            output,
        };
        repository.AddTo(command);
        command.Options.Add(repository.Volume);
        command.SetAction(
            async (parse, cancel) =>
            {
                if ((parse.GetValue(to) is null) == (parse.GetValue(volume) is null))
                {
                    throw new UsageException("give either --to FILE|DEVICE or --to-volume VOLUME.");
                }

                var target = parse.GetValue(to) is { } path ? GivenPath.Address(path) : null;
                var narrowed = repository.ReadVolume(parse);
                if (repository.Find(parse) is { } at)
                {
                    await OfflineRestore.RunAsync(
                        at,
                        parse.GetRequiredValue(which),
                        narrowed,
                        target ?? throw new UsageException("--to-volume needs a service; with --repository give --to."),
                        parse.GetValue(overwrite),
                        parse.GetValue(damaged),
                        output.IsJson(parse),
                        cancel
                    );
                    return;
                }

                if (parse.GetValue(damaged))
                {
                    throw new UsageException("--allow-damaged goes with --repository and --key.");
                }

                var name = parse.GetValue(volume);
                if (name is not null && !parse.GetValue(overwrite))
                {
                    throw new UsageException($"volume '{name}' loses what it holds; confirm with --overwrite.");
                }

                using var api = server.Open(parse);
                var backup = await api.FindBackupAsync(parse.GetRequiredValue(which), cancel);
                var over = name is null ? null : await api.FindVolumeAsync(name, cancel);
                var job = over is null
                    ? await api.RestoreAsync(backup, target ?? "", parse.GetValue(overwrite), cancel)
                    : await api.Backups.RestoreOverAsync(backup, over.Id, cancel);
                var ended = parse.GetValue(wait) ? await Waiting.ForJobAsync(api, job, "Restore", cancel) : null;
                Report(job, backup, target ?? $"volume '{over?.Name}'", ended, output.IsJson(parse));
            }
        );
        return command;
    }

    private static void Report(string job, string backup, string target, JobItem? ended, bool json)
    {
        if (ended is { Status: "FAIL" })
        {
            throw new VerbFailedException(
                $"the restore of backup {backup} to {target} failed: {ended.FailReason} ({ended.ErrorCode}, job {job})."
            );
        }

        if (json)
        {
            JsonOut.Write(new RestoreOut(job, job, backup, target, ended?.Status ?? "INIT"), VerbJson.Default.RestoreOut);
            return;
        }

        Console.WriteLine(
            ended is null
                ? $"Restore of backup {backup} to {target} is job {job}; 'holdfast job show {job}' shows how it goes."
                : $"Backup {backup} is restored to {target}."
        );
    }
}
