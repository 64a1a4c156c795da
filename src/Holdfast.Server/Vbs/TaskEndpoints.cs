using System.Text.Json;
using Holdfast.Control.Tasks;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>The query of the backup jobs that a policy triggered: contract section 1. Kept lean: its cost is measured
/// (bench/tasks).</summary>
internal sealed class TaskEndpoints(TaskStore tasks, Control.Policies.PolicyStore policies) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v2/{project}/backuppolicy/{policy}/backuptasks", ListAsync);

    private async Task ListAsync(HttpContext context)
    {
        var project = context.Caller().Project;
        var policy = PolicyEndpoints.PolicyOf(context, VbsErrors.NoSuchPolicyOfTasks);
        TaskQuery query;
        try
        {
            query = TaskQueryString.Read(context.Request.QueryString, project, policy);
        }
        catch (ApiException)
        {
            // A policy that does not exist is told before what is wrong with the question.
            _ = await policies.FindAsync(project, policy, context.RequestAborted) ?? throw VbsErrors.NoSuchPolicyOfTasks(policy.ToString());
            throw;
        }

        switch (await tasks.QueryAsync(query, context.RequestAborted))
        {
            case TaskQueryOutcome.Page page:
                await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, page, static (json, page) => Write(json, page));
                break;
            case TaskQueryOutcome.NoSuchMarker:
                throw VbsErrors.Malformed($"'marker' names no task of this policy: '{query.Marker}'");
            default:
                throw VbsErrors.NoSuchPolicyOfTasks(policy.ToString());
        }
    }

    private static void Write(Utf8JsonWriter json, TaskQueryOutcome.Page page)
    {
        json.WriteStartObject();
        json.WriteNumber("count"u8, page.Count);
        json.WriteStartArray("tasks"u8);
        foreach (var task in page.Tasks)
        {
            WriteTask(json, task);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What is not known yet is left out, never null.</summary>
    private static void WriteTask(Utf8JsonWriter json, BackupTask task)
    {
        json.WriteStartObject();
        json.WriteString("job_id"u8, task.Id.Value);
        json.WriteString("status"u8, TaskStatusNames.Utf8Of(task.Status));
        json.WriteTaskTime("created_at"u8, task.CreatedAt);
        if (task.FinishedAt is { } finished)
        {
            json.WriteTaskTime("finished_at"u8, finished);
        }

        if (task.BackupName is { } name)
        {
            json.WriteString("backup_name"u8, name);
        }

        json.WriteString("resource_id"u8, task.Volume.Value);
        json.WriteString("resource_type"u8, "volume"u8);
        if (task.Job is { } job && task.Status is not (BackupTaskStatus.Waiting or BackupTaskStatus.Skipped))
        {
            json.WriteString("vbs_job_id"u8, job.Value);
        }

        if (task.Status == BackupTaskStatus.Skipped)
        {
            // Clients take the three members below for a failure.
            json.WriteString("holdfast:reason"u8, $"{task.Code}#{task.Message}");
        }
        else if (task.Code is { } code)
        {
            json.WriteString("code"u8, code);
            json.WriteString("message"u8, task.Message);
            json.WriteString("fail_reason"u8, $"{code}#{task.Message}");
        }

        json.WriteEndObject();
    }
}
