using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeShow
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("VOLUME") { Description = "Name or id of a volume." };
        var output = OutputOptions.OfObject();
        var command = new Command("show", "Show one volume.") { which, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var volume = await api.FindVolumeAsync(parse.GetRequiredValue(which), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(volume.Raw);
                    return;
                }

                Tables.PrintFacts(
                    ("Id", volume.Id),
                    ("Name", Tables.Plain(volume.Name)),
                    ("Description", Tables.Plain(volume.Raw.Text("description"))),
                    ("Source", $"{Tables.Plain(volume.Source)}{(volume.IsManaged ? " (made by the service)" : "")}"),
                    ("Identity", Tables.Plain(string.Join(", ", volume.Identity.Select(member => $"{member.Name} {member.Value}")))),
                    ("Size", Text.Bytes(volume.SizeBytes)),
                    ("Status", Tables.State(volume.Status)),
                    ("Proven", Proven(volume)),
                    ("Properties", Tables.Plain(Properties(volume))),
                    ("Registered", $"{Text.Time(volume.CreatedAt)} UTC")
                );
            }
        );
        return command;
    }

    private static string Proven(VolumeItem volume) =>
        volume.ProvenAt is { } at
            ? $"{Text.Time(at)} UTC, from backup {Tables.Plain(volume.Raw.Object("holdfast:last_proof")?.Text("backup_id"))}"
            : "never: holdfast drill run";

    private static string Properties(VolumeItem volume) =>
        volume.Raw.Object("metadata") is { } metadata
            ? string.Join(", ", metadata.EnumerateObject().Select(member => $"{member.Name}={member.Value.GetString()}"))
            : "";
}
