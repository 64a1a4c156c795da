using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control;
using Holdfast.Control.Jobs;
using Holdfast.Control.Work;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>Jobs with all that is told of them: the project's, and to admins those of the service's own upkeep.</summary>
internal sealed class UpkeepJobEndpoints(
    JobStore jobs,
    JobLists lists,
    JobLookup lookup,
    JobLogStore logs,
    JobCancellation cancellation,
    AdminRight admins
) : IEndpoints
{
    private const int DefaultLimit = 100;
    private const int DefaultLines = 1000;
    private const int MaxLines = 10_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/jobs", ListAsync);
        routes.MapGet("/admin/v1/{project}/jobs/{job}", ShowAsync);
        routes.MapGet("/admin/v1/{project}/jobs/{job}/log", ShowLogAsync);
        routes.MapPost("/admin/v1/{project}/jobs/{job}/cancel", CancelAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var kind = ListQuery.ReadText(query, "kind") is { } name ? JobKindNames.Find(name) ?? throw Unknown(name) : (JobKind?)null;
        var limit = ListQuery.ReadLimit(query, DefaultLimit);
        var (project, cancel) = (context.Caller().Project, context.RequestAborted);
        var own = await lists.ListAsync(project, kind, limit, cancel);
        var upkeep = await admins.HasAsync(context) ? await lists.ListAsync(NewJob.OfService, kind, limit, cancel) : [];
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

    private async Task ShowAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new JobEnvelope(Of(await FindAsync(context))),
            AdminJson.Default.JobEnvelope
        );

    private async Task ShowLogAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = ListQuery.ReadLimit(query, DefaultLines, MaxLines);
        var after = ListQuery.ReadNumber(query, "after", least: 0) ?? 0;
        var search = ListQuery.ReadLine(query, "search", JobLogStore.MostSearch);

        // In this order: the last line is written together with the job's end.
        var job = await FindAsync(context);
        var lines = await logs.ReadAsync(job.Id, after, limit, search, context.RequestAborted);
        var ended = job.State is JobState.Succeeded or JobState.Failed && lines.Count < limit;
        var toAdmin = await admins.HasAsync(context);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new JobLogAnswer([.. lines.Select(line => Of(line, toAdmin))], ended),
            AdminJson.Default.JobLogAnswer
        );
    }

    private async Task CancelAsync(HttpContext context)
    {
        var job = await FindAsync(context);
        var by = context.Caller().Token.Account.Name;
        switch (await cancellation.CancelAsync(job, by, context.RequestAborted))
        {
            case CancelOutcome.Over:
                throw VbsErrors.Native(StatusCodes.Status409Conflict, $"job {job.Id} has ended; there is nothing to cancel");
            case CancelOutcome.Refused:
                throw VbsErrors.Native(
                    StatusCodes.Status409Conflict,
                    $"job {job.Id} deletes a backup, and a deletion is not canceled; a deleted backup may be brought back"
                );
            default:
                await JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status202Accepted,
                    new JobEnvelope(Of(await FindAsync(context))),
                    AdminJson.Default.JobEnvelope
                );
                break;
        }
    }

    /// <summary>The project's job, or where an admin asks one of the service's upkeep.</summary>
    private async Task<Job> FindAsync(HttpContext context)
    {
        var id = (string?)context.GetRouteValue("job") ?? "";
        var job = await lookup.FindAsync(context.Caller().Project, id, context.RequestAborted);
        if (job is null && Guid.TryParseExact(id, "N", out _) && await admins.HasAsync(context))
        {
            job = await jobs.FindUpkeepAsync(new JobId(id), context.RequestAborted);
        }

        return job ?? throw VbsErrors.Native(StatusCodes.Status404NotFound, $"Job {id} could not be found.");
    }

    /// <param name="toAdmin">Whether it may name the machine that carried the job out.</param>
    private static JobLogLineAnswer Of(JobLogLine line, bool toAdmin) =>
        new(
            line.Number,
            line.At,
            line.Level switch
            {
                JobLogLevel.Error => "error",
                JobLogLevel.Warning => "warning",
                _ => "info",
            },
            line.Attempt,
            line.Message,
            line.Fields is { } fields ? FieldsOf(fields, toAdmin) : null
        );

    private static JsonObject? FieldsOf(string json, bool toAdmin)
    {
        var fields = JsonNode.Parse(json)?.AsObject();
        if (!toAdmin)
        {
            fields?.Remove(JobLogLine.Server);
        }

        return fields is { Count: > 0 } ? fields : null;
    }

    private static ApiException Unknown(string kind) =>
        ListQuery.Bad($"'{kind}' is no kind of job: {string.Join(", ", JobKindNames.All)}");

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
            job.Requests is { } requests ? JsonElement.Parse(requests) : null,
            job.BytesDone,
            job.BytesTotal,
            job.BytesPerSecond,
            job.CancelBy
        );
}
