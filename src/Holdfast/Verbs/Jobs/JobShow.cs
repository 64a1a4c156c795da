using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Jobs;

internal static class JobShow
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("JOB") { Description = "Id of a job: a task's vbs_job_id, or what a restore printed." };
        var json = CommonOptions.Json();
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended; exit code 1 where it failed." };
        var command = new Command("show", "Show one job.") { which, wait, json };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var id = parse.GetRequiredValue(which);
                var job = parse.GetValue(wait) ? await Waiting.ForJobAsync(api, id, "Job", cancel) : await api.GetJobAsync(id, cancel);
                if (parse.GetValue(json))
                {
                    JsonOut.Write(job.Raw);
                }
                else
                {
                    Print(job);
                }

                return parse.GetValue(wait) && job.Status == "FAIL" ? ExitCode.Failed : ExitCode.Done;
            }
        );
        return command;
    }

    private static void Print(JobItem job)
    {
        (string, string?)[] entities =
        [
            .. (job.Raw.Object("entities") ?? default) is { ValueKind: System.Text.Json.JsonValueKind.Object } found
                ? found.EnumerateObject().Select(member => (member.Name, (string?)Tables.Plain(member.Value.GetString())))
                : [],
        ];
        Tables.PrintFacts([
            ("Id", job.Id),
            ("Kind", Tables.Plain(job.Kind)),
            ("Status", Tables.State(job.Status)),
            ("Begun", $"{Text.Time(job.BeginAt)}{(job.BeginAt is null ? "not yet" : " UTC")}"),
            ("Ended", $"{Text.Time(job.EndAt)}{(job.EndAt is null ? "not yet" : " UTC")}"),
            .. entities,
            .. job.FailReason is { } reason ? new (string, string?)[] { ("Why", Tables.Plain($"{reason} ({job.ErrorCode})")) } : [],
        ]);
    }
}
