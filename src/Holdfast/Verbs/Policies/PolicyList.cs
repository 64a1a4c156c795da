using System.CommandLine;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

internal static class PolicyList
{
    public static Command Make(ServerOptions server)
    {
        var json = CommonOptions.Json();
        var question = new PolicyQuestion();
        var command = new Command("list", "List the project's policies, or those that tags and name find.") { json };
        question.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                var asked = question.Read(parse);
                using var api = server.Open(parse);
                if (asked is { Action: "count" })
                {
                    PageOptions.PrintCount(await api.Backups.CountPoliciesAsync(asked, cancel), parse.GetValue(json));
                    return;
                }

                var policies = await api.ListPoliciesAsync(cancel);
                if (asked is not null)
                {
                    var found = await api.Backups.FindPoliciesAsync(asked, cancel);
                    policies = [.. policies.Where(policy => found.Contains(policy.Id))];
                }

                if (parse.GetValue(json))
                {
                    JsonOut.WriteArray(policies.Select(policy => (policy.Id, (string?)policy.Name, policy.Raw)));
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
                    )
                );
            }
        );
        return command;
    }
}
