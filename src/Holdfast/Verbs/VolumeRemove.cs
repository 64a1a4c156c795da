using System.CommandLine;

namespace Holdfast.Verbs;

internal static class VolumeRemove
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("VOLUME") { Description = "Name or id of a volume." };
        var command = new Command("remove", "Stop protecting a volume. The device and its backups stay.") { which };
        command.SetAction(async (parse, cancel) =>
        {
            using var api = server.Open(parse);
            var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
            await api.RemoveVolumeAsync(volume.Id, cancel);
            Console.WriteLine($"Volume '{volume.Name}' is no longer registered. Its device and its backups are untouched.");
        });
        return command;
    }
}
