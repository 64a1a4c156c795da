using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Tasks;

internal static class TaskList
{
    private const int WidthForIds = 150;

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
        var json = CommonOptions.Json();
        var command = new Command("list", "List the backup jobs that a policy has started.")
        {
            which,
            status,
            limit,
            marker,
            offset,
            sort,
            task,
            json,
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
                if (parse.GetValue(json))
                {
                    JsonOut.Write(page.Raw);
                    return;
                }

                await TaskTable.PrintAsync(api, page.Tasks, TimeProvider.System, Tables.Width >= WidthForIds, cancel);
                PrintNext(policy, filter, page);
            }
        );
        return command;
    }

    private static void PrintNext(PolicyItem policy, TaskFilter filter, TaskPage page)
    {
        var size = filter.Limit ?? 20;
        var more = page.Tasks.Count >= Math.Min(size, 1000) && page.Count > page.Tasks.Count + (filter.Offset ?? 0);
        var next = more ? $" Next page: {Tables.Plain(Next(policy.Name, filter, page.Tasks[^1].Id))}" : "";
        Tables.Line($"[grey]{page.Tasks.Count} of {page.Count} task{(page.Count == 1 ? "" : "s")}.{next}[/]");
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
