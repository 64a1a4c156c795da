using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console.Pages;

/// <summary>Jobs: those of a policy as the query of backup jobs lists them, all of the project, the service's own, and each by
/// itself.</summary>
internal sealed class JobPages(
    ConsoleDoor door,
    PageWriter pages,
    TaskStore tasks,
    JobStore jobs,
    JobLists lists,
    JobLogStore logs,
    PolicyStore policies,
    BackupStore backups,
    VolumeNames names
) : IEndpoints
{
    private const int PageSize = 50;

    /// <summary>A log has no more lines than that.</summary>
    private const int MostLines = JobLogStore.MostFirst + JobLogStore.MostLast + 1;

    public void Map(IEndpointRouteBuilder routes)
    {
        door.Page(routes, "/jobs", ListAsync);
        door.Page(routes, "/jobs/{job}", ShowAsync);
        door.Act(routes, "/jobs/{job}/cancel", CancelAsync);
    }

    private async Task ListAsync(HttpContext context, ConsoleVisit visit)
    {
        var cancel = context.RequestAborted;
        var all = await policies.ListAsync(visit.Project, cancel);
        if (PageQuery.Text(context, "policy") is { Length: > 0 } wanted)
        {
            var policy =
                all.FirstOrDefault(policy => policy.Id.ToString() == wanted)
                ?? throw ConsoleDoor.NotFound($"there is no policy '{wanted}' in this project");
            await ListTasksAsync(context, visit, all, policy);
            return;
        }

        var isOfService = visit.IsAdmin && PageQuery.Text(context, "of") == "service";
        var kind = PageQuery.OneOf<JobKind>(context, "kind");
        var marker = PageQuery.Text(context, "marker") is { Length: > 0 } given ? new JobId(given) : (JobId?)null;
        var of = isOfService ? NewJob.OfService : visit.Project;
        var page =
            (
                marker is { } after
                    ? await lists.ListAfterAsync(of, kind, after, PageSize + 1, cancel)
                    : await lists.ListAsync(of, kind, PageSize + 1, cancel)
            )
            ?? throw ConsoleDoor.NotFound("the job that this page continues behind is gone");
        var shown = page.Take(PageSize).ToList();
        await pages.WriteAsync<JobsPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Policies", all),
            ("OfService", isOfService),
            ("Kind", kind),
            ("Jobs", shown),
            ("Names", await names.FindAsync(visit.Project, shown.Select(job => job.Volume), cancel)),
            ("IsFirst", marker is null),
            ("Next", page.Count > PageSize ? shown[^1].Id.Value : null)
        );
    }

    private async Task ListTasksAsync(HttpContext context, ConsoleVisit visit, IReadOnlyList<Policy> all, Policy policy)
    {
        var cancel = context.RequestAborted;
        var status = PageQuery.OneOf<BackupTaskStatus>(context, "status");
        var marker = BackupTaskId.TryParse(PageQuery.Text(context, "marker"), null, out var after) ? after : (BackupTaskId?)null;
        var isAscending = PageQuery.Text(context, "sort_dir") == "asc";
        var query = new TaskQuery
        {
            Project = visit.Project,
            Policy = policy.Id,
            Status = status,
            Ascending = isAscending,
            Limit = PageSize + 1,
            Marker = marker,
        };
        if (await tasks.QueryAsync(query, cancel) is not TaskQueryOutcome.Page page)
        {
            throw ConsoleDoor.NotFound("the policy, or the backup job that this page continues behind, is gone");
        }

        var shown = page.Tasks.Take(PageSize).ToList();
        await pages.WriteAsync<JobsPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Policies", all),
            ("Policy", policy),
            ("Status", status),
            ("Ascending", isAscending),
            ("Tasks", shown),
            ("TaskCount", page.Count),
            ("Names", await names.FindAsync(visit.Project, shown.Select(task => (VolumeId?)task.Volume), cancel)),
            ("IsFirst", marker is null),
            ("Next", page.Tasks.Count > PageSize ? shown[^1].Id.ToString() : null)
        );
    }

    private async Task CancelAsync(HttpContext context, ConsoleVisit visit, IFormCollection form)
    {
        var job = PageQuery.Part(context, "job");
        var reply = await door.CallAsync(context, visit, "POST", $"/admin/v1/{visit.Project.Value}/jobs/{job}/cancel");
        door.GoOn(context, $"/jobs/{job}", reply, "The job is asked to stop.");
    }

    private async Task ShowAsync(HttpContext context, ConsoleVisit visit)
    {
        var (id, cancel) = ((string?)context.GetRouteValue("job") ?? "", context.RequestAborted);
        var job =
            (
                Guid.TryParseExact(id, "N", out _)
                    ? await jobs.FindAsync(visit.Project, new JobId(id), cancel)
                        ?? (visit.IsAdmin ? await jobs.FindUpkeepAsync(new JobId(id), cancel) : null)
                    : null
            ) ?? throw ConsoleDoor.NotFound($"there is no job '{id}' in this project; old ones are removed");
        await pages.WriteAsync<JobPage>(
            context,
            StatusCodes.Status200OK,
            ("Visit", visit),
            ("Job", job),
            ("Lines", await logs.ReadAsync(job.Id, after: 0, MostLines, search: null, cancel)),
            ("Backup", job.Backup is { } backup ? await backups.FindAsync(visit.Project, backup, cancel) : null),
            (
                "VolumeName",
                job.Volume is { } volume ? (await names.FindAsync(visit.Project, [volume], cancel)).GetValueOrDefault(volume) : null
            )
        );
    }
}
