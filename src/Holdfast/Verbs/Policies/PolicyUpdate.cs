using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

internal static class PolicyUpdate
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Policy();
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "A new name." };
        var schedule = new PolicyScheduleOptions();
        var command = new Command("update", "Change a policy. What is not given stays as it is.") { which, name };
        schedule.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                var body = Body(parse.GetValue(name), schedule.ReadSchedule(parse), schedule.ReadTimeZone(parse));
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                await api.UpdatePolicyAsync(policy.Id, body, cancel);
                Console.WriteLine($"Policy '{parse.GetValue(name) ?? policy.Name}' is changed.");
            }
        );
        return command;
    }

    internal static JsonObject Body(string? name, JsonObject schedule, string? timeZone)
    {
        var body = new JsonObject();
        if (name is not null)
        {
            body["backup_policy_name"] = name;
        }

        if (schedule.Count > 0)
        {
            body["scheduled_policy"] = schedule;
        }

        if (timeZone is not null)
        {
            body["time_zone"] = timeZone;
        }

        return body.Count > 0
            ? body
            : throw new UsageException("nothing to change was given; 'holdfast policy update --help' shows what can be.");
    }
}
