using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Volumes;

internal static class VolumeList
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "name",
        "status",
        "holdfast:size_bytes",
        "holdfast:source",
        "holdfast:managed",
        "@holdfast:last_proof.at",
        "holdfast:last_proof.backup_id",
        "description",
        "metadata",
        "@created_at",
        "@updated_at",
    ];

    public static Command Make(ServerOptions server)
    {
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "Only volumes of exactly this name." };
        var status = new Option<string?>("--status")
        {
            HelpName = "STATUS",
            Description = "Only volumes in this state, like available or error.",
        };
        var nameLike = new Option<string?>("--name-like") { HelpName = "PART", Description = "Only with this in the name." };
        var statusLike = new Option<string?>("--status-like") { HelpName = "PART", Description = "Only with this in the status." };
        var page = new PageOptions("name, status, size, id, created_at, updated_at", hasMarker: true);
        var (count, output) = (PageOptions.Count(), OutputOptions.OfList());
        var command = new Command("list", "List the project's volumes.") { name, status, nameLike, statusLike, count, output };
        page.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                var request = page.Read(
                    parse,
                    ("name", parse.GetValue(name)),
                    ("status", parse.GetValue(status)?.ToLowerInvariant()),
                    ("name~", parse.GetValue(nameLike)),
                    ("status~", parse.GetValue(statusLike)?.ToLowerInvariant())
                );
                if (parse.GetValue(count))
                {
                    page.ThrowIfGiven(parse);
                }

                using var api = server.Open(parse);
                await RunAsync(api, request, parse.GetValue(count), output.ReadList(parse), cancel);
            }
        );
        return command;
    }

    private static async Task RunAsync(HoldfastApi api, ListRequest request, bool count, ListOutput output, CancellationToken cancel)
    {
        if (count)
        {
            PageOptions.PrintCount(await api.CountVolumesAsync(request, cancel), output.Form);
            return;
        }

        var volumes = await api.ListVolumesAsync(request, cancel);
        if (output.Wrote(volumes.Select(volume => (volume.Id, (string?)volume.Name, volume.Raw)), Fields))
        {
            return;
        }

        Tables.Print(
            ["Name", "Status", ">Size", ">Proven", "Source", "Id"],
            volumes.Select(v =>
                new[]
                {
                    Tables.Plain(v.Name),
                    Tables.State(v.Status),
                    Text.Bytes(v.SizeBytes),
                    Text.Age(v.ProvenAt, TimeProvider.System.GetUtcNow()),
                    Tables.Plain(v.Source),
                    v.Id,
                }
            ),
            output
        );
    }
}
