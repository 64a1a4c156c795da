using System.Text.Json;
using Holdfast.Control.Jobs;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>One job: contract section 5.4, under /v1 and, for the clients that look there, /v2. Its id is 32 hex digits; a UUID is the id
/// of a policy's task, which the query of backup jobs calls <c>job_id</c>, and means the job of that task.</summary>
internal sealed class JobEndpoints(JobLookup jobs) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/{project}/jobs/{job}", ShowAsync);
        routes.MapGet("/v2/{project}/jobs/{job}", ShowAsync);
    }

    private async Task ShowAsync(HttpContext context)
    {
        var id = (string?)context.GetRouteValue("job") ?? "";
        var job = await jobs.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw VbsErrors.NoSuchJob(id);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, job, static (json, job) => Write(json, job));
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
