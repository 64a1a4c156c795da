using System.CommandLine;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeDelete
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Volume();
        var command = new Command(
            "delete",
            "Delete a volume that the service made, with its file. Its backups stay. (A device that was there before is forgotten with "
                + "'volume remove'.)"
        )
        {
            which,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
                if (!volume.IsManaged)
                {
                    throw new VerbFailedException(
                        $"volume '{volume.Name}' is a device that the service did not make, so it does not delete it: 'holdfast volume "
                            + $"remove {Shell.Word(volume.Name)}' forgets it and leaves the device alone."
                    );
                }

                await api.Backups.DeleteVolumeAsync(volume.Id, cancel);
                Console.WriteLine($"Volume '{volume.Name}' is deleted. Its backups are kept.");
            }
        );
        return command;
    }
}
