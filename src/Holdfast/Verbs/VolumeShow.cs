using System.CommandLine;
using Holdfast.Terminal;

namespace Holdfast.Verbs;

internal static class VolumeShow
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("VOLUME") { Description = "Name or id of a volume." };
        var json = Shared.Json();
        var command = new Command("show", "Show one volume.") { which, json };
        command.SetAction(async (parse, cancel) =>
        {
            using var api = server.Open(parse);
            var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
            if (parse.GetValue(json))
            {
                JsonOut.Write(volume.Raw);
                return;
            }

            Tables.PrintFacts(
                ("Id", volume.Id),
                ("Name", Tables.Plain(volume.Name)),
                ("Source", Tables.Plain(volume.Source)),
                ("Size", Text.Bytes(volume.SizeBytes)),
                ("Status", Tables.State(volume.Status)),
                ("Registered", $"{Text.Time(volume.CreatedAt)} UTC"));
        });
        return command;
    }
}
