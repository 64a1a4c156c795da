using System.CommandLine;
using Holdfast.Client;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Jobs;

internal static class JobGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("job", "Single units of work of a service.")
        {
            JobList.Make(server),
            JobShow.Make(server),
            JobLogVerb.Make(server),
            MakeCancel(server),
        };
        server.AddTo(group);
        return group;
    }

    private static Command MakeCancel(ServerOptions server)
    {
        var which = new Argument<string>("JOB") { Description = "Id of a job: a task's vbs_job_id, or what a restore printed." };
        var command = new Command("cancel", "Stop a job. It has failed then; a restore that has begun to write leaves its target in error.")
        {
            which,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var job = await api.Upkeep.CancelAsync(parse.GetRequiredValue(which), cancel);
                Console.Out.WriteLine(
                    job.Required("status") == "FAIL"
                        ? "It had not begun, and is ended."
                        : "It is asked to stop; 'holdfast job show --wait' tells when it has."
                );
            }
        );
        return command;
    }
}
