using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

internal static class PolicyShow
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Policy();
        var preview = new Option<bool>("--preview")
        {
            Description = "Show what retention would keep and drop if it ran now, with the reasons. Nothing is deleted.",
        };
        var output = OutputOptions.OfObject();
        var command = new Command("show", "Show one policy.") { which, preview, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                JsonElement? retention = parse.GetValue(preview) ? await api.PreviewRetentionAsync(policy.Id, cancel) : null;
                if (output.IsJson(parse))
                {
                    PrintJson(policy, retention);
                    return;
                }

                PrintFacts(policy, await api.Backups.ListTagsAsync(policy.Id, cancel));
                if (retention is { } decisions)
                {
                    await PrintPreviewAsync(api, decisions, cancel);
                }
            }
        );
        return command;
    }

    private static void PrintJson(PolicyItem policy, JsonElement? retention)
    {
        var named = NamedOut.Of(policy.Id, policy.Name, policy.Raw);
        if (retention is { } decisions)
        {
            named.Members["retention_preview"] = decisions;
        }

        JsonOut.Write(named, TerminalJson.Default.NamedOut);
    }

    private static void PrintFacts(PolicyItem policy, IReadOnlyList<JsonElement> tags) =>
        Tables.PrintFacts(
            ("Id", policy.Id),
            ("Name", Tables.Plain(policy.Name)),
            ("Status", Tables.State(policy.Enabled ? "ON" : "OFF")),
            ("Fires", Tables.Plain(policy.When())),
            ("Time zone", Tables.Plain(policy.TimeZone ?? "UTC")),
            ("Keeps", Tables.Plain(policy.Keeps())),
            ("Tags", Tables.Plain(string.Join(", ", tags.Select(tag => $"{tag.Text("key")}={tag.Text("value")}")))),
            ("Volumes", policy.Volumes.ToString())
        );

    private static async Task PrintPreviewAsync(HoldfastApi api, JsonElement decisions, CancellationToken cancel)
    {
        var names = (await api.ListVolumesAsync(cancel)).ToDictionary(volume => volume.Id, volume => volume.Name);
        var rows =
            from volume in decisions.Elements("volumes")
            let id = volume.Text("volume_id") ?? ""
            from backup in volume.Elements("backups")
            let keep = backup.Flag("keep") ?? true
            select new[]
            {
                Tables.Plain(names.GetValueOrDefault(id, id)),
                Tables.Plain(backup.Text("name")),
                Text.Time(backup.Time("created_at")),
                keep ? "[green]keep[/]" : "[red]drop[/]",
                Tables.Plain(backup.Text("reason")),
            };
        Tables.Print(["Volume", "Backup", "Created (UTC)", "Retention", "Because"], rows);
    }
}
