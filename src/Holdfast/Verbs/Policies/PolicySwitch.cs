using System.CommandLine;
using Holdfast.Client;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary><c>policy enable</c> and <c>policy disable</c>: one switch.</summary>
internal static class PolicySwitch
{
    public static Command MakeEnable(ServerOptions server) => Make(server, "enable", "Let a policy fire by its schedule.", "ON");

    public static Command MakeDisable(ServerOptions server) =>
        Make(server, "disable", "Keep a policy from firing by itself; 'policy execute' still works.", "OFF");

    private static Command Make(ServerOptions server, string verb, string description, string status)
    {
        var which = CommonOptions.Policy();
        var command = new Command(verb, description) { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                await api.UpdatePolicyAsync(
                    policy.Id,
                    new PolicyRequest { Schedule = new ScheduleRequest { Status = status } },
                    cancel
                );
                Console.WriteLine($"Policy '{policy.Name}' is {status}.");
            }
        );
        return command;
    }
}
