using Holdfast.Control.Jobs;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Holdfast.Server.Admin;

/// <summary>Checking the next share of the repository, and bringing the second copy up to date, by hand.</summary>
internal sealed class CheckAndCopyEndpoints(UpkeepOrders orders, IOptions<SecondCopyOptions> second) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admin/v1/{project}/repository/check", CheckAsync).Needs(Role.Admin);
        routes.MapPost("/admin/v1/{project}/repository/copy", CopyAsync).Needs(Role.Admin);
    }

    private Task CheckAsync(HttpContext context) => OrderAsync(context, JobKind.Check);

    private Task CopyAsync(HttpContext context) =>
        second.Value.Place is null
            ? throw VbsErrors.Native(
                StatusCodes.Status409Conflict,
                "The service has no second copy. Say where it is to be with the setting Repository:Copy:Url."
            )
            : OrderAsync(context, JobKind.Copy);

    private async Task OrderAsync(HttpContext context, JobKind kind) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            new JobIdAnswer((await orders.OrderAsync(kind, context.RequestAborted)).Value),
            AdminJson.Default.JobIdAnswer
        );
}
