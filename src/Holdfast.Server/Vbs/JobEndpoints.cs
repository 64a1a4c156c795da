using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>One job: contract section 5.4, under /v1 and, for the clients that look there, /v2. Its id is 32 hex digits; a UUID is the id
/// of a policy's task, which the query of backup jobs calls <c>job_id</c>, and means the job of that task.</summary>
internal sealed class JobEndpoints(JobStore jobs, TaskStore tasks) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/{project}/jobs/{job}", ShowAsync);
        routes.MapGet("/v2/{project}/jobs/{job}", ShowAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        var id = (string?)context.GetRouteValue("job") ?? "";
        var job = await FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw VbsErrors.NoSuchJob(id);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, job, static (json, job) => Write(json, job));
    }

    private async Task<Job?> FindAsync(ProjectId project, string id, CancellationToken cancel)
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

    private static void Write(Utf8JsonWriter json, Job job)
    {
        json.WriteStartObject();
        json.WriteString("status", JobStateNames.Of(job));
        json.WriteString("job_id", job.Id.Value);
        json.WriteString(
            "job_type",
            job.Kind switch
            {
                JobKind.CreateBackup => "bksCreateBackup",
                JobKind.DeleteBackup => "bksDeleteBackup",
                _ => "bksRestoreBackup",
            }
        );
        json.WriteJobTime("begin_time", job.BeginAt ?? job.CreatedAt);
        json.WriteJobTime("end_time", job.FinishedAt);
        json.WriteString("error_code", job.ErrorCode);
        json.WriteString("fail_reason", job.FailReason);
        json.WriteStartObject("entities");
        if (job.Backup is { } backup)
        {
            json.WriteString("backup_id", backup.Value);
        }

        if (job.Volume is { } volume)
        {
            json.WriteString("volume_id", volume.Value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
