using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Audit;

internal static class AuditGroup
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] EventFields =
    [
        "number",
        "@time",
        "kind",
        "began",
        "actor.id",
        "actor.name",
        "from",
        "project_id",
        "action",
        "object",
        "status",
        "code",
        "details",
        "hash",
    ];

    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("audit", "Who changed what (role admin).") { MakeList(server), MakeVerify(server) };
        server.AddTo(group);
        return group;
    }

    private static Command MakeList(ServerOptions server)
    {
        var actor = new Option<string?>("--actor") { HelpName = "USER", Description = "Only what this user did: name or id." };
        var action = new Option<string?>("--action") { HelpName = "TEXT", Description = "Only actions that have this text in them." };
        var of = new Option<string?>("--of") { HelpName = "PROJECT", Description = "Only what was done in this project: its id." };
        var before = new Option<long?>("--before") { HelpName = "NUMBER", Description = "Only events before this one." };
        var limit = CommonOptions.Limit();
        var output = OutputOptions.OfList();
        var command = new Command("list", "List what was changed, by whom and from where, the newest first.")
        {
            actor,
            action,
            of,
            before,
            limit,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var events = await api.Operations.ListAuditAsync(
                    parse.GetValue(actor),
                    parse.GetValue(action),
                    parse.GetValue(of),
                    parse.GetValue(before),
                    parse.GetValue(limit),
                    cancel
                );
                var how = output.ReadList(parse);
                if (how.Wrote(events, EventFields))
                {
                    return;
                }

                Tables.Print(
                    ["Number", "Time (UTC)", "Who", "From", "Action", "Of", "Status", "Details"],
                    events.Select(one =>
                        new[]
                        {
                            $"{one.Number("number")}",
                            Text.Time(one.Time("time")),
                            Tables.Plain(one.Object("actor")?.Text("name")),
                            Tables.Plain(one.Text("from")),
                            Tables.Plain(one.Text("action")),
                            Tables.Plain(one.Text("object")),
                            StatusOf(one),
                            Tables.Plain(one.Text("details")),
                        }
                    ),
                    how
                );
            }
        );
        return command;
    }

    private static Command MakeVerify(ServerOptions server)
    {
        var output = OutputOptions.OfObject();
        var command = new Command("verify", "Go through the audit log: is it whole, and as it was written? Exit code 1 where it is not.")
        {
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var verdict = await api.Operations.VerifyAuditAsync(cancel);
                var sound = verdict.Flag("sound") == true;
                if (output.IsJson(parse))
                {
                    JsonOut.Write(verdict);
                }
                else
                {
                    Tables.PrintFacts([
                        ("Sound", sound ? "yes" : "no"),
                        ("Events", $"{verdict.Number("events")}"),
                        ("Why", Tables.Plain(verdict.Text("why"))),
                        ("Last hash", verdict.Text("head")),
                        (
                            "Compared",
                            verdict.Number("compared_number") is { } number
                                ? $"with event {number} of the newest export of the catalog"
                                : "with no export: none tells of the audit log"
                        ),
                    ]);
                }

                return sound ? ExitCode.Done : ExitCode.Failed;
            }
        );
        return command;
    }

    private static string StatusOf(JsonElement one) =>
        one.Number("status") is { } status ? $"{status}"
        : one.Text("kind") == "begun" ? "not known"
        : "";
}
