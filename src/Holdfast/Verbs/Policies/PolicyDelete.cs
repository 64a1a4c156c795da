using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

internal static class PolicyDelete
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Policy();
        var command = new Command("delete", "Delete a policy and its task history. Its backups stay.") { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                await api.DeletePolicyAsync(policy.Id, cancel);
                Console.WriteLine($"Policy '{policy.Name}' is deleted. Its backups are kept.");
            }
        );
        return command;
    }
}
