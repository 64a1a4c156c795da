using System.CommandLine;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

internal static class PolicyList
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "name",
        "scheduled_policy.status",
        "scheduled_policy.start_time",
        "scheduled_policy.frequency",
        "scheduled_policy.week_frequency",
        "time_zone",
        "scheduled_policy.rentention_num",
        "scheduled_policy.rentention_day",
        "scheduled_policy.remain_first_backup_of_curMonth",
        "policy_resource_count",
    ];

    public static Command Make(ServerOptions server)
    {
        var output = OutputOptions.OfList();
        var question = new PolicyQuestion();
        var command = new Command("list", "List the project's policies, or those that tags and name find.") { output };
        question.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                var asked = question.Read(parse);
                using var api = server.Open(parse);
                if (asked is { Action: "count" })
                {
                    PageOptions.PrintCount(await api.Backups.CountPoliciesAsync(asked, cancel), output.ReadList(parse).Form);
                    return;
                }

                var policies = await api.ListPoliciesAsync(cancel);
                if (asked is not null)
                {
                    var found = await api.Backups.FindPoliciesAsync(asked, cancel);
                    policies = [.. policies.Where(policy => found.Contains(policy.Id))];
                }

                var how = output.ReadList(parse);
                if (how.Wrote(policies.Select(policy => (policy.Id, (string?)policy.Name, policy.Raw)), Fields))
                {
                    return;
                }

                Tables.Print(
                    ["Name", "On", "Fires", "Keeps", ">Volumes", "Id"],
                    policies.Select(p =>
                        new[]
                        {
                            Tables.Plain(p.Name),
                            Tables.State(p.Enabled ? "ON" : "OFF"),
                            Tables.Plain(p.When()),
                            Tables.Plain(p.Keeps()),
                            p.Volumes.ToString(),
                            p.Id,
                        }
                    ),
                    how
                );
            }
        );
        return command;
    }
}
