using Holdfast.Control.Protection;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Health;

/// <summary>Whether a project's volumes are protected and the service is well: the one question that most people have.</summary>
internal sealed class StatusEndpoint(ProtectionStore protection, ServiceHealth health, UpkeepEnds upkeep, TimeProvider clock) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/admin/v1/{project}/status", AnswerAsync).Needs(Role.Reader);

    private async Task AnswerAsync(HttpContext context)
    {
        var looking = health.LookAsync();
        var (project, cancel) = (context.Caller().Project, context.RequestAborted);
        var volumes = await protection.SightsAsync(project, cancel);
        var named = await protection.ListAsync(volumes, StatusText.Named(volumes.All), cancel);
        var failed = await upkeep.ListFailedAsync(cancel);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            StatusText.Of(volumes.All, named, await looking, failed, clock.GetUtcNow()),
            StatusJson.Default.StatusAnswer
        );
    }
}
