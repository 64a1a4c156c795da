using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace Holdfast.Server.Identity;

/// <summary>The paths that anybody may ask for. With a method that one of them does not take, routing finds nothing to tell them
/// by.</summary>
internal sealed class OpenRoutes(EndpointDataSource endpoints)
{
    /// <summary>Made at the first question, when all endpoints are there.</summary>
    private readonly Lazy<IReadOnlyList<TemplateMatcher>> _matchers = new(() =>
        [
            .. endpoints
                .Endpoints.OfType<RouteEndpoint>()
                .Where(endpoint =>
                    endpoint.Metadata.GetMetadata<OpenToAll>() is not null && endpoint.Metadata.GetMetadata<NeedsLogin>() is null
                )
                .Select(endpoint => new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), [])),
        ]
    );

    public bool Has(PathString path) => _matchers.Value.Any(matcher => matcher.TryMatch(path, []));
}
