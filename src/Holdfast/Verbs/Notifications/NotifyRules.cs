using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Notifications;

/// <summary><c>notify rule add|list|remove</c>.</summary>
internal static class NotifyRules
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "target_id",
        "events",
        "least_severity",
        "@created_at",
    ];

    public static Command Make(ServerOptions server) =>
        new("rule", "What targets are told. One that has no rule is told what is usual.")
        {
            MakeAdd(server),
            MakeList(server),
            MakeRemove(server),
        };

    private static Command MakeAdd(ServerOptions server)
    {
        var which = NotifyGroup.Target();
        var events = new Option<string[]>("--event")
        {
            HelpName = "EVENT",
            Description = "volume_failed, volume_recovered, volume_overdue, volume_unprotected, volume_damaged, drill_failed, "
                + "damage_found, upkeep_failed, repository_nearly_full, service_ill, service_recovered or digest. May be repeated; without "
                + "it all but volume_unprotected.",
        };
        var least = new Option<string?>("--least") { HelpName = "info|warning|error", Description = "Nothing less grave (info)." };
        least.AcceptOnlyFromAmong("info", "warning", "error");
        var output = OutputOptions.OfObject();
        var command = new Command("add", "Say what a target is told. From its first rule on it is told what its rules say.")
        {
            which,
            events,
            least,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var target = await api.Notify.FindTargetAsync(parse.GetRequiredValue(which), cancel);
                var named = parse.GetValue(events) is { Length: > 0 } given ? given : null;
                var rule = await api.Notify.AddRuleAsync(new NotifyRuleRequest(target.Id, named, parse.GetValue(least)), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(rule);
                    return;
                }

                Console.WriteLine($"Rule {rule.Required("id")} tells target '{target.Name}'.");
            }
        );
        return command;
    }

    private static Command MakeList(ServerOptions server)
    {
        var output = OutputOptions.OfList();
        var command = new Command("list", "List what targets are told.") { output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var rules = await api.Notify.ListRulesAsync(cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(rules, Fields))
                {
                    return;
                }

                var names = (await api.Notify.ListTargetsAsync(cancel)).ToDictionary(target => target.Id, target => target.Name);
                Tables.Print(
                    ["Target", "Events", "At least", "Id"],
                    rules.Select(rule =>
                        new[]
                        {
                            Tables.Plain(names.GetValueOrDefault(rule.Text("target_id") ?? "")),
                            string.Join(", ", rule.Elements("events").Select(one => one.GetString())) is { Length: > 0 } named
                                ? named
                                : "the usual ones",
                            rule.Text("least_severity") ?? "",
                            rule.Required("id"),
                        }
                    ),
                    how
                );
            }
        );
        return command;
    }

    private static Command MakeRemove(ServerOptions server)
    {
        var which = new Argument<string>("RULE") { Description = "Id of a rule: 'holdfast notify rule list' shows it." };
        var command = new Command("remove", "Remove a rule, by its id.") { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                await api.Notify.RemoveRuleAsync(parse.GetRequiredValue(which), cancel);
                Console.WriteLine($"Rule {parse.GetRequiredValue(which)} is removed.");
            }
        );
        return command;
    }
}
