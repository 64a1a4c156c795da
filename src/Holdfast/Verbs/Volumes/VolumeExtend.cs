using System.CommandLine;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeExtend
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Volume();
        var size = new Argument<int>("GIB") { Description = "Its new size in GiB, more than it has." };
        var output = OutputOptions.OfObject();
        var command = new Command("extend", "Make a volume larger that the service made. What is added reads as zeros.")
        {
            which,
            size,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var gib = parse.GetRequiredValue(size);
                if (gib < 1)
                {
                    throw new UsageException($"GIB is a whole number, at least 1, not '{gib}'.");
                }

                using var api = server.Open(parse);
                var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
                if (gib <= volume.SizeBytes >> 30)
                {
                    throw new VerbFailedException(
                        $"volume '{volume.Name}' has {Text.Bytes(volume.SizeBytes)} already, and volumes are not made smaller: name more."
                    );
                }

                await api.Backups.ExtendVolumeAsync(volume.Id, gib, cancel);
                var extended = await api.Backups.GetVolumeAsync(volume.Id, cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(extended.Raw);
                    return;
                }

                Console.WriteLine($"Volume '{extended.Name}' has {Text.Bytes(extended.SizeBytes)} now.");
            }
        );
        return command;
    }
}
