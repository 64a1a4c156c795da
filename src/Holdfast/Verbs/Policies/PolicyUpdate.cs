using System.CommandLine;
using Holdfast.Client;
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

    internal static PolicyRequest Body(string? name, ScheduleRequest schedule, string? timeZone)
    {
        var body = new PolicyRequest
        {
            Name = name,
            Schedule = schedule == ScheduleRequest.None ? null : schedule,
            TimeZone = timeZone,
        };
        return body is { Name: null, Schedule: null, TimeZone: null }
            ? throw new UsageException("nothing to change was given; 'holdfast policy update --help' shows what can be.")
            : body;
    }
}
