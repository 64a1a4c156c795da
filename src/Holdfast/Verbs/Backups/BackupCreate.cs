using System.CommandLine;
using Holdfast.Client;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupCreate
{
    public static Command Make(ServerOptions server)
    {
        var volume = new Argument<string?>("VOLUME") { Description = "Name or id of a service's volume.", Arity = ArgumentArity.ZeroOrOne };
        var order = new BackupOrderOptions();
        var source = new Option<string?>("--source")
        {
            HelpName = "FILE",
            Description = "With --repository: the file or block device to back up, like disk.img or /dev/disk/by-id/….",
        };
        var repository = new RepositoryOptionSet();
        var parent = new Option<string>("--parent")
        {
            HelpName = "latest|none|ID",
            Description = "With --repository: what to compare with (latest, of the same source).",
            DefaultValueFactory = _ => "latest",
        };
        var writer = new WriterOptionSet();
        var accept = new Option<bool>("--accept-device")
        {
            Description = "With --repository: the source is another device than in its newest backup, and that is right.",
        };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "create",
            "Back a volume up now; or, with --repository, a file or device into a repository without a service."
        )
        {
            volume,
        };
        order.AddTo(command);
        command.Options.Add(source);
        repository.AddTo(command);
        writer.AddTo(command);
        foreach (var option in new Option[] { parent, accept })
        {
            command.Options.Add(option);
        }

        output.AddTo(command);

        command.SetAction(
            async (parse, cancel) =>
            {
                var (name, file) = (parse.GetValue(volume), parse.GetValue(source));
                if (repository.Find(parse) is { } || file is not null)
                {
                    var at = repository.Require(parse);
                    var from =
                        name is null && file is not null
                            ? file
                            : throw new UsageException("with --repository the volume is --source FILE, and nothing else.");
                    await OfflineBackups.CreateAsync(
                        at,
                        new OfflineOrder(
                            GivenPath.Address(from),
                            parse.GetRequiredValue(parent),
                            writer.Read(parse),
                            parse.GetValue(accept),
                            output.IsJson(parse)
                        ),
                        cancel
                    );
                    return;
                }

                using var api = server.Open(parse);
                await OrderAsync(
                    api,
                    name ?? throw new UsageException("VOLUME is missing: the name or id of a volume of the service."),
                    order,
                    parse,
                    output.IsJson(parse),
                    cancel
                );
            }
        );
        return command;
    }

    private static async Task OrderAsync(
        HoldfastApi api,
        string name,
        BackupOrderOptions order,
        ParseResult parse,
        bool json,
        CancellationToken cancel
    )
    {
        var volume = await api.FindVolumeAsync(name, cancel);
        var job = await order.SendAsync(api, volume, parse, cancel);
        if (!order.Waits(parse))
        {
            Report(job, null, json, $"Backup of volume '{volume.Name}' is job {job}; 'holdfast job show {job}' shows how it goes.");
            return;
        }

        var ended = await Waiting.ForJobAsync(api, job, "Backup", cancel);
        var backup = ended.Raw.Object("entities")?.Text("backup_id");
        if (ended.Status == "FAIL")
        {
            throw new VerbFailedException(
                $"the backup of volume '{volume.Name}' failed: {ended.FailReason} ({ended.ErrorCode}, job {job})."
            );
        }

        Report(job, backup, json, $"Volume '{volume.Name}' is backed up: {backup}.");
        if (!json && backup is not null)
        {
            ConsistencyText.PrintAdvice((await api.GetBackupAsync(backup, cancel)).Consistency);
        }
    }

    private static void Report(string job, string? backup, bool json, string text)
    {
        if (json)
        {
            JsonOut.Write(new BackupOrderedOut(backup, backup, job), VerbJson.Default.BackupOrderedOut);
            return;
        }

        Console.WriteLine(text);
    }
}
