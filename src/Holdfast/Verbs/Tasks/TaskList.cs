using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Tasks;

internal static class TaskList
{
    private const int WidthForIds = 150;

    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "job_id",
        "status",
        "@created_at",
        "@finished_at",
        "backup_name",
        "resource_id",
        "resource_type",
        "vbs_job_id",
        "fail_reason",
        "holdfast:reason",
    ];

    public static Command Make(ServerOptions server)
    {
        var which = CommonOptions.Policy();
        var status = new Option<string?>("--status")
        {
            HelpName = "STATUS",
            Description = "Only WAITING, RUNNING, EXECUTE_SUCCESS, EXECUTE_FAIL, EXECUTE_TIMEOUT or SKIP.",
        };
        var limit = CommonOptions.Number<int>("--limit", "N", "At most so many, up to 1000 (20).");
        var marker = new Option<string?>("--marker") { HelpName = "JOB_ID", Description = "Continue after this task." };
        var offset = CommonOptions.Number<long>("--offset", "N", "Skip so many first.");
        var sort = new Option<string?>("--sort-dir") { HelpName = "asc|desc", Description = "Oldest or newest first (desc)." };
        var task = new Option<string?>("--job-id") { HelpName = "JOB_ID", Description = "Only this task." };
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the backup jobs that a policy has started.")
        {
            which,
            status,
            limit,
            marker,
            offset,
            sort,
            task,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                var filter = new TaskFilter(
                    parse.GetValue(status)?.ToUpperInvariant(),
                    parse.GetValue(limit),
                    parse.GetValue(offset),
                    parse.GetValue(marker),
                    parse.GetValue(sort),
                    parse.GetValue(task)
                );
                var page = await api.ListTasksAsync(policy.Id, filter, cancel);
                var how = output.ReadList(parse);
                switch (how.Form)
                {
                    case OutputForm.Json:
                        JsonOut.Write(page.Raw); // with how many there are on all pages
                        break;
                    case OutputForm.Csv:
                        CsvOut.Write(Fields, page.Tasks.Select(task => task.Raw));
                        break;
                    default:
                        var (wide, next) = (Tables.Width >= WidthForIds, SpellNext(policy, filter, page));
                        await TaskTable.PrintAsync(api, page.Tasks, TimeProvider.System, wide, how, cancel, next);
                        break;
                }
            }
        );
        return command;
    }

    private static string SpellNext(PolicyItem policy, TaskFilter filter, TaskPage page)
    {
        var size = filter.Limit ?? 20;
        var more = page.Tasks.Count >= Math.Min(size, 1000) && page.Count > page.Tasks.Count + (filter.Offset ?? 0);
        var next = more ? $" Next page: {Tables.Plain(Next(policy.Name, filter, page.Tasks[^1].Id))}" : "";
        return $"[grey]{page.Tasks.Count} of {page.Count} task{(page.Count == 1 ? "" : "s")}.{next}[/]";
    }

    /// <summary>The command for the next page, whole: with all that was asked for but the offset, which the marker stands for.</summary>
    internal static string Next(string policy, TaskFilter filter, string last)
    {
        var words = new List<string> { "holdfast", "task", "list", policy };
        foreach (
            var (option, value) in (ReadOnlySpan<(string, string?)>)
                [
                    ("--status", filter.Status),
                    ("--limit", filter.Limit?.ToString()),
                    ("--sort-dir", filter.SortDir),
                    ("--job-id", filter.TaskId),
                    ("--marker", last),
                ]
        )
        {
            if (value is not null)
            {
                words.AddRange([option, value]);
            }
        }

        return string.Join(' ', words.Select(Shell.Word));
    }
}
