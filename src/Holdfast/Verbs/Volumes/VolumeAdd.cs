using System.CommandLine;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeAdd
{
    public static Command Make(ServerOptions server)
    {
        var name = new Argument<string>("NAME") { Description = "What to call the volume." };
        var source = new Argument<string>("SOURCE")
        {
            Description = "A file or block device that the service can read: /dev/disk/by-id/…, /srv/disk.img or file:///srv/disk.img. "
                + "(Names like /dev/sdb go to another disk after a restart.)",
        };
        var description = CommonOptions.Description();
        var properties = CommonOptions.Properties();
        var output = OutputOptions.OfObject();
        var command = new Command("add", "Register a volume that exists. Nothing is written to it.")
        {
            name,
            source,
            description,
            properties,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var (text, given) = (parse.GetValue(description), CommonOptions.ReadProperties(parse.GetValue(properties)));
                using var api = server.Open(parse);
                var address = GivenPath.Address(parse.GetRequiredValue(source));
                var volume = await api.AddVolumeAsync(parse.GetRequiredValue(name), address, cancel);
                if (text is not null || given is not null)
                {
                    volume = await api.Backups.UpdateVolumeAsync(volume.Id, name: null, text, given, acceptDevice: false, cancel);
                }

                if (output.IsJson(parse))
                {
                    JsonOut.Write(volume.Raw);
                    return;
                }

                Console.WriteLine($"Volume '{volume.Name}' is registered: {volume.Id} ({Text.Bytes(volume.SizeBytes)}).");
            }
        );
        return command;
    }
}
