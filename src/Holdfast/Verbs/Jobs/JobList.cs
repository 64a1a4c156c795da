using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Jobs;

internal static class JobList
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "kind",
        "status",
        "volume_id",
        "backup_id",
        "@created_at",
        "@begin_at",
        "@finished_at",
        "attempt",
        "error_code",
        "fail_reason",
    ];

    public static Command Make(ServerOptions server)
    {
        var kind = new Option<string?>("--kind")
        {
            HelpName = "KIND",
            Description = "Only jobs of this kind: create-backup, delete-backup, restore-backup, prune, check, drill, export, copy.",
        };
        var limit = CommonOptions.Limit();
        var output = OutputOptions.OfList();
        var command = new Command("list", "List jobs, the newest first: the project's, and for admins the service's own upkeep.")
        {
            kind,
            limit,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var jobs = await api.Operations.ListJobsAsync(parse.GetValue(kind), parse.GetValue(limit), cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(jobs.Select(job => (job.Required("id"), job.Text("kind"), job)), Fields))
                {
                    return;
                }

                Tables.Print(
                    ["Id", "Kind", "Status", "Created (UTC)", "Ended (UTC)", "Why"],
                    jobs.Select(job =>
                        new[]
                        {
                            job.Required("id"),
                            Tables.Plain(job.Text("kind")),
                            Tables.State(job.Text("status") ?? ""),
                            Text.Time(job.Time("created_at")),
                            Text.Time(job.Time("finished_at")),
                            Tables.Plain(job.Text("fail_reason")),
                        }
                    ),
                    how
                );
            }
        );
        return command;
    }
}
