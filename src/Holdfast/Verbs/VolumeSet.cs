using System.CommandLine;
using Holdfast.Running;

namespace Holdfast.Verbs;

internal static class VolumeSet
{
    public static Command Make(ServerOptions server)
    {
        var which = Shared.Volume();
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "What to call it from now on." };
        var description = new Option<string?>("--description") { HelpName = "TEXT", Description = "What it is for." };
        var command = new Command("set", "Change what a volume is called and described by.") { which, name, description };
        command.SetAction(async (parse, cancel) =>
        {
            if ((parse.GetValue(name) ?? parse.GetValue(description)) is null)
            {
                throw new UsageException("nothing to change: give --name or --description.");
            }

            using var api = server.Open(parse);
            var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
            var changed = await api.Backups.UpdateVolumeAsync(volume.Id, parse.GetValue(name), parse.GetValue(description), cancel);
            Console.WriteLine($"Volume '{changed.Name}' is changed.");
        });
        return command;
    }
}
