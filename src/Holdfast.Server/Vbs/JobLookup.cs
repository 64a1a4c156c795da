using Holdfast.Control;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;

namespace Holdfast.Server.Vbs;

/// <summary>Finds a project's job by what callers call it: 32 hex digits are its id; a UUID is the id of a policy's task, and means the job
/// of that task.</summary>
internal sealed class JobLookup(JobStore jobs, TaskStore tasks)
{
    public async Task<Job?> FindAsync(ProjectId project, string id, CancellationToken cancel)
    {
        if (Guid.TryParseExact(id, "N", out _))
        {
            return await jobs.FindAsync(project, new JobId(id), cancel);
        }

        // A task that was skipped has no job, and an old one's job may have been removed.
        return BackupTaskId.TryParse(id, null, out var task) && await tasks.FindAsync(project, task, cancel) is { Job: { } job }
            ? await jobs.FindAsync(project, job, cancel)
            : null;
    }
}
