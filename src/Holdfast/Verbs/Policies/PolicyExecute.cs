using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;
using Holdfast.Verbs.Tasks;

namespace Holdfast.Verbs.Policies;

internal static class PolicyExecute
{
    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Policy();
        var wait = new Option<bool>("--wait")
        {
            Description = "Wait until its tasks have ended and show them; exit code 1 where one failed.",
        };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "execute",
            "Fire a policy now, besides its schedule. Returns when the tasks are made; 'task list' shows them."
        )
        {
            which,
            wait,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                if (parse.GetValue(wait))
                {
                    await WaitAsync(api, policy, output.IsJson(parse), cancel);
                    return;
                }

                await api.ExecutePolicyAsync(policy.Id, cancel);
                Report(policy, output.IsJson(parse));
            }
        );
        return command;
    }

    private static async Task WaitAsync(HoldfastApi api, PolicyItem policy, bool json, CancellationToken cancel)
    {
        IReadOnlyList<TaskItem> tasks;
        using (var line = new ProgressLine(TimeProvider.System))
        {
            tasks = await new PolicyRun(api, policy, TimeProvider.System).RunAsync(
                seen => line.Report($"{seen.Count(task => task.HasEnded)} of {seen.Count} tasks have ended,"),
                cancel
            );
        }

        if (json)
        {
            WriteJson(policy, tasks);
        }
        else if (tasks.Count == 0)
        {
            Report(policy with { Volumes = 0 }, json: false);
        }
        else
        {
            var whole = new ListOutput(OutputForm.Table, Paged: false);
            await TaskTable.PrintAsync(api, tasks, TimeProvider.System, wide: false, whole, cancel);
        }

        if (PolicyRun.Trouble(policy, tasks) is { } trouble)
        {
            throw new VerbFailedException(trouble);
        }
    }

    private static void WriteJson(PolicyItem policy, IReadOnlyList<TaskItem>? tasks) =>
        JsonOut.Write(
            new PolicyFiredOut(
                policy.Id,
                policy.Name,
                tasks?.Count ?? policy.Volumes,
                tasks is null ? null : [.. tasks.Select(task => task.Raw)]
            ),
            VerbJson.Default.PolicyFiredOut
        );

    private static void Report(PolicyItem policy, bool json)
    {
        if (json)
        {
            WriteJson(policy, tasks: null);
            return;
        }

        Console.WriteLine(
            policy.Volumes == 0
                ? $"Policy '{policy.Name}' has no volumes: nothing was started."
                : $"Policy '{policy.Name}' has fired for {policy.Volumes} volume{(policy.Volumes == 1 ? "" : "s")}. 'holdfast task list "
                    + $"{Shell.Word(policy.Name)}' shows how it goes."
        );
    }
}
