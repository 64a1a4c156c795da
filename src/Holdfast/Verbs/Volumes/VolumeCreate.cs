using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeCreate
{
    public static Command Make(ServerOptions server)
    {
        var name = new Argument<string>("NAME") { Description = "What to call the volume." };
        var size = CommonOptions.Number<int>("--size", "GIB", "Size in GiB (with --backup, that of the backup).");
        var backup = new Option<string?>("--backup")
        {
            HelpName = "BACKUP",
            Description = "Make it of what this backup holds: one's own (name or id), or one that is shared with the project (id).",
        };
        var description = CommonOptions.Description();
        var properties = CommonOptions.Properties();
        var output = OutputOptions.OfObject();
        var command = new Command("create", "Make a volume: a sparse file of the service's own, empty or from a backup.")
        {
            name,
            size,
            backup,
            description,
            properties,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var (gib, from) = (parse.GetValue(size), parse.GetValue(backup));
                if (gib is null && from is null)
                {
                    throw new UsageException("--size is missing: GiB (or --backup, whose size it then has).");
                }

                var given = CommonOptions.ReadProperties(parse.GetValue(properties));
                using var api = server.Open(parse);
                from = from is null ? null : await api.FindBackupAsync(from, cancel);
                var volume = await api.Backups.CreateVolumeAsync(
                    parse.GetRequiredValue(name),
                    gib,
                    parse.GetValue(description),
                    given,
                    from,
                    cancel
                );
                if (from is not null)
                {
                    volume = await Waiting.GoesOnAsync(
                        $"the volume is still being filled: holdfast volume show {volume.Id}",
                        () => WaitAsync(api, volume, cancel),
                        cancel
                    );
                }

                if (output.IsJson(parse))
                {
                    JsonOut.Write(volume.Raw);
                    return;
                }

                Console.WriteLine($"Volume '{volume.Name}' is made: {volume.Id} ({Text.Bytes(volume.SizeBytes)}), {volume.Source}.");
            }
        );
        return command;
    }

    /// <summary>Until the backup is in it.</summary>
    private static async Task<VolumeItem> WaitAsync(HoldfastApi api, VolumeItem made, CancellationToken cancel)
    {
        using var line = new ProgressLine(TimeProvider.System);
        var volume = await Polling.UntilAsync(
            () => api.Backups.GetVolumeAsync(made.Id, cancel),
            volume => volume.Status != "restoring-backup",
            volume => line.Report($"Volume {volume.Status},"),
            TimeProvider.System,
            cancel
        );
        return volume.Status == "available"
            ? volume
            : throw new VerbFailedException(
                $"volume {made.Id} could not be filled from the backup; it is {volume.Status}. 'holdfast volume delete {made.Id}' "
                    + "removes it."
            );
    }
}
