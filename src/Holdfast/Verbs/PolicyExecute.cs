using System.CommandLine;

namespace Holdfast.Verbs;

internal static class PolicyExecute
{
    public static Command Make(ServerOptions server)
    {
        var which = Shared.Policy();
        var command = new Command("execute", "Fire a policy now, besides its schedule. Returns when the tasks are made; 'task list' shows them.") { which };
        command.SetAction(async (parse, cancel) =>
        {
            using var api = server.Open(parse);
            var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
            await api.ExecutePolicyAsync(policy.Id, cancel);
            Console.WriteLine(policy.Volumes == 0
                ? $"Policy '{policy.Name}' has no volumes: nothing was started."
                : $"Policy '{policy.Name}' has fired for {policy.Volumes} volume{(policy.Volumes == 1 ? "" : "s")}. 'holdfast task list {policy.Name}' shows how it goes.");
        });
        return command;
    }
}
