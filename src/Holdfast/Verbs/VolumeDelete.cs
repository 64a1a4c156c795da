using System.CommandLine;

namespace Holdfast.Verbs;

internal static class VolumeDelete
{
    public static Command Make(ServerOptions server)
    {
        var which = Shared.Volume();
        var command = new Command("delete", "Delete a volume that the service made, with its file. Its backups stay. (A device that was there before is forgotten with 'volume remove'.)") { which };
        command.SetAction(async (parse, cancel) =>
        {
            using var api = server.Open(parse);
            var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
            await api.Backups.DeleteVolumeAsync(volume.Id, cancel);
            Console.WriteLine($"Volume '{volume.Name}' is deleted. Its backups are kept.");
        });
        return command;
    }
}
