using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Notifications;

/// <summary><c>notify rule add|list|remove</c>.</summary>
internal static class NotifyRules
{
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
                + "damage_found, repository_nearly_full, service_ill, service_recovered or digest. May be repeated; without it all but "
                + "volume_unprotected.",
        };
        var least = new Option<string?>("--least") { HelpName = "info|warning|error", Description = "Nothing less grave (info)." };
        least.AcceptOnlyFromAmong("info", "warning", "error");
        var json = CommonOptions.Json();
        var command = new Command("add", "Say what a target is told. From its first rule on it is told what its rules say.")
        {
            which,
            events,
            least,
            json,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var target = await api.Notify.FindTargetAsync(parse.GetRequiredValue(which), cancel);
                var named = parse.GetValue(events) is { Length: > 0 } given ? given : null;
                var rule = await api.Notify.AddRuleAsync(new NotifyRuleRequest(target.Id, named, parse.GetValue(least)), cancel);
                if (parse.GetValue(json))
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
        var json = CommonOptions.Json();
        var command = new Command("list", "List what targets are told.") { json };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var rules = await api.Notify.ListRulesAsync(cancel);
                if (parse.GetValue(json))
                {
                    JsonOut.WriteElements(rules);
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
                    )
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
