using Holdfast.Control.Jobs;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>Giving back what no backup needs, by hand.</summary>
internal sealed class PruneEndpoints(PruneLook prune, UpkeepOrders orders) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/repository/prune", LookAsync).Needs(Role.Admin);
        routes.MapPost("/admin/v1/{project}/repository/prune", OrderAsync).Needs(Role.Admin);
    }

    private async Task LookAsync(HttpContext context)
    {
        PruneFigures figures;
        try
        {
            figures = await prune.LookAsync(context.RequestAborted);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Refused or FailureKind.Corrupted)
        {
            throw VbsErrors.Native(StatusCodes.Status409Conflict, e.Message);
        }

        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            figures,
            static (json, figures) => json.WriteRawValue(figures.ToJson())
        );
    }

    private async Task OrderAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            new JobIdAnswer((await orders.OrderAsync(JobKind.Prune, context.RequestAborted)).Value),
            AdminJson.Default.JobIdAnswer
        );
}
