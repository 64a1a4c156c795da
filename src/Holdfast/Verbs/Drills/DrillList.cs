using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Drills;

internal static class DrillList
{
    public static Command Make(ServerOptions server)
    {
        var volume = new Option<string?>("--volume") { HelpName = "VOLUME", Description = "Only drills of this volume (name or id)." };
        var limit = CommonOptions.Number<int>("--limit", "N", "At most so many (100).");
        var output = OutputOptions.OfList();
        var command = new Command("list", "List drills and what they found, the last first.") { volume, limit, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var of = parse.GetValue(volume) is { } name ? (await api.FindVolumeAsync(name, cancel)).Id : null;
                var drills = await api.Drills.ListAsync(of, parse.GetValue(limit), cancel);
                DrillGroup.Print(drills, output.ReadList(parse));
            }
        );
        return command;
    }
}
