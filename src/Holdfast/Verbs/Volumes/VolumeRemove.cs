using System.CommandLine;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeRemove
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("VOLUME") { Description = "Name or id of a volume." };
        var command = new Command(
            "remove",
            "Stop protecting a volume that was registered. The device and its backups stay. (A volume that the service made is deleted "
                + "with 'volume delete'.)"
        )
        {
            which,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
                if (volume.IsManaged)
                {
                    throw new VerbFailedException(
                        $"volume '{volume.Name}' is the service's own: forgetting it would leave its file {volume.Source} to nobody. The "
                            + $"service made it: 'holdfast volume delete' deletes it with its file."
                    );
                }

                await api.RemoveVolumeAsync(volume.Id, cancel);
                Console.WriteLine($"Volume '{volume.Name}' is no longer registered. Its device and its backups are untouched.");
            }
        );
        return command;
    }
}
