using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Jobs;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>Jobs as an operator sees them: the project's, and those of the service's own upkeep.</summary>
internal sealed class UpkeepJobEndpoints(JobStore jobs, JobLists lists) : IEndpoints
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/jobs", ListAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/jobs/{job}", ShowAsync).Needs(Role.Admin);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var kind = ListQuery.ReadText(query, "kind") is { } name ? JobKindNames.Find(name) ?? throw Unknown(name) : (JobKind?)null;
        var limit = ListQuery.ReadText(query, "limit") switch
        {
            null => DefaultLimit,
            var text when ListQuery.ParseNumber(text, least: 1) is { } number and <= MaxLimit => (int)number,
            var text => throw VbsErrors.Native(StatusCodes.Status400BadRequest, $"'limit' is 1 to {MaxLimit}, not '{text}'"),
        };
        var (project, cancel) = (context.Caller().Project, context.RequestAborted);
        var own = await lists.ListAsync(project, kind, limit, cancel);
        var upkeep = await lists.ListAsync(NewJob.OfService, kind, limit, cancel);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new JobListAnswer([
                .. own.Concat(upkeep)
                    .OrderByDescending(job => job.CreatedAt)
                    .ThenByDescending(job => job.Id.Value, StringComparer.Ordinal)
                    .Take(limit)
                    .Select(Of),
            ]),
            AdminJson.Default.JobListAnswer
        );
    }

    private async Task ShowAsync(HttpContext context)
    {
        var id = (string?)context.GetRouteValue("job") ?? "";
        var job = Guid.TryParseExact(id, "N", out _)
            ? await jobs.FindAsync(context.Caller().Project, new JobId(id), context.RequestAborted)
                ?? await jobs.FindUpkeepAsync(new JobId(id), context.RequestAborted)
            : null;
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new JobEnvelope(Of(job ?? throw VbsErrors.Native(StatusCodes.Status404NotFound, $"Job {id} could not be found."))),
            AdminJson.Default.JobEnvelope
        );
    }

    private static ApiException Unknown(string kind) =>
        VbsErrors.Native(StatusCodes.Status400BadRequest, $"'{kind}' is no kind of job: {string.Join(", ", JobKindNames.All)}");

    private static JobAnswer Of(Job job) =>
        new(
            job.Id.Value,
            JobKindNames.Of(job.Kind),
            JobStateNames.Of(job),
            job.Volume?.ToString(),
            job.Backup?.ToString(),
            job.CreatedAt,
            job.BeginAt,
            job.FinishedAt,
            job.Attempt,
            job.ErrorCode,
            job.FailReason,
            job.Figures is { } figures ? JsonElement.Parse(figures) : null,
            job.Requests is { } requests ? JsonElement.Parse(requests) : null
        );
}
