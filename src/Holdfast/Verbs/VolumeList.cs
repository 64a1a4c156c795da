using System.CommandLine;
using Holdfast.Terminal;

namespace Holdfast.Verbs;

internal static class VolumeList
{
    public static Command Make(ServerOptions server)
    {
        var json = Shared.Json();
        var command = new Command("list", "List the project's volumes.") { json };
        command.SetAction(async (parse, cancel) =>
        {
            using var api = server.Open(parse);
            var volumes = await api.ListVolumesAsync(cancel);
            if (parse.GetValue(json))
            {
                JsonOut.WriteArray(volumes.Select(volume => (volume.Id, (string?)volume.Name, volume.Raw)));
                return;
            }

            Tables.Print(
                ["Name", "Status", ">Size", "Source", "Id"],
                volumes.Select(v => new[] { Tables.Plain(v.Name), Tables.State(v.Status), Text.Bytes(v.SizeBytes), Tables.Plain(v.Source), v.Id }));
        });
        return command;
    }
}
