using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Jobs;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.OpenStack;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>Giving back what no backup needs, by hand.</summary>
internal sealed class PruneEndpoints(PruneOrders orders) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/repository/prune", LookAsync).Needs(Role.Admin);
        routes.MapPost("/admin/v1/{project}/repository/prune", OrderAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/repository/prune/{prune}", ShowAsync).Needs(Role.Admin);
    }

    private async Task LookAsync(HttpContext context)
    {
        PruneFigures figures;
        try
        {
            figures = await orders.LookAsync(context.RequestAborted);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Refused or FailureKind.Corrupted)
        {
            throw VbsErrors.Native(StatusCodes.Status409Conflict, e.Message);
        }

        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            figures,
            static (json, figures) =>
            {
                json.WriteStartObject();
                WriteFigures(json, figures);
                json.WriteEndObject();
            }
        );
    }

    private async Task OrderAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            await orders.OrderAsync(context.RequestAborted),
            static (json, job) =>
            {
                json.WriteStartObject();
                json.WriteString("job_id", job.Value);
                json.WriteEndObject();
            }
        );

    private async Task ShowAsync(HttpContext context)
    {
        var id = context.Request.RouteValues["prune"]?.ToString() ?? "";
        var job =
            await orders.FindAsync(new JobId(id), context.RequestAborted)
            ?? throw VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no run of prune '{id}'");
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, job, Write);
    }

    private static void Write(Utf8JsonWriter json, Job job)
    {
        json.WriteStartObject();
        json.WriteString("job_id", job.Id.Value);
        json.WriteString(
            "status",
            job.State switch
            {
                JobState.Queued => "INIT",
                JobState.Running => "RUNNING",
                JobState.Succeeded => "SUCCESS",
                _ => "FAIL",
            }
        );
        json.WriteString("fail_reason", job.FailReason);
        WriteFigures(json, PruneFigures.FromJson(job.Figures ?? "{}") ?? new PruneFigures());
        json.WriteEndObject();
    }

    private static void WriteFigures(Utf8JsonWriter json, PruneFigures figures)
    {
        using var members = JsonDocument.Parse(figures.ToJson());
        foreach (var member in members.RootElement.EnumerateObject())
        {
            member.WriteTo(json);
        }
    }
}
