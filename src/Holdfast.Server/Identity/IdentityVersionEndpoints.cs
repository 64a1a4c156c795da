using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>Which versions of the identity API there are. Anybody may ask.</summary>
internal sealed class IdentityVersionEndpoints(PublicAddress address) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/identity", VersionsAsync).OpenToAll();
        routes.MapGet(IdentityDoor.Root, VersionAsync).OpenToAll();
    }

    private Task VersionsAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status300MultipleChoices,
            new VersionsAnswer(new VersionValues([VersionOf(address.Of(context))])),
            IdentityJson.Default.VersionsAnswer
        );

    private Task VersionAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new VersionAnswer(VersionOf(address.Of(context))),
            IdentityJson.Default.VersionAnswer
        );

    private static VersionBody VersionOf(string address) =>
        new(
            "v3.8",
            "stable",
            "2017-02-22T00:00:00Z",
            [new VersionLink("self", $"{address}{IdentityDoor.Root}/")],
            [new MediaType("application/json", "application/vnd.openstack.identity-v3+json")]
        );
}
