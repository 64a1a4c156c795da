using System.Text.Json.Serialization;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Which versions there are (contract, section 6.2). The <c>cinder</c> command line asks before every command.</summary>
internal sealed class VersionEndpoints(PublicAddress address) : IEndpoints
{
    /// <summary>Load balancers ask with HEAD whether somebody is there.</summary>
    private static readonly string[] Methods = ["GET", "HEAD"];

    private static readonly VersionAnswer[] NoVersions = [];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Methods, RootAsync).OpenToAll();
        routes.MapMethods("/v3", Methods, context => AnswerAsync(context, StatusCodes.Status200OK, v3: true, v2: false)).OpenToAll();
        routes.MapGet("/image", NoImagesAsync).OpenToAll();
        routes.MapMethods("/v2", Methods, context => AnswerAsync(context, StatusCodes.Status200OK, v3: false, v2: true)).OpenToAll();
    }

    /// <summary>A person with a browser finds the console; programs find the versions.</summary>
    private Task RootAsync(HttpContext context)
    {
        if (!ConsoleAddress.IsWanted(context.Request))
        {
            return AnswerAsync(context, StatusCodes.Status300MultipleChoices, v3: true, v2: true);
        }

        context.Response.Headers.Vary = "Accept";
        context.Response.Redirect(address.Of(context) + ConsoleAddress.Root);
        return Task.CompletedTask;
    }

    private Task AnswerAsync(HttpContext context, int status, bool v3, bool v2)
    {
        var at = address.Of(context);
        var latest = new VersionAnswer("v3.0", "CURRENT", $"3.{MicroVersion.Latest}", "3.0", "2018-12-30T00:00:00Z", $"{at}/v3/");
        var older = new VersionAnswer("v2.0", "DEPRECATED", "", "", "2017-02-28T00:00:00Z", $"{at}/v2/");
        return WriteAsync(
            context,
            status,
            [
                .. v3 ? [latest with { MediaTypes = Json(3) }] : NoVersions,
                .. v2 ? [older with { MediaTypes = Json(2) }] : NoVersions,
            ]
        );
    }

    private static IReadOnlyList<MediaTypeAnswer> Json(int version) =>
        [new("application/json", $"application/vnd.openstack.volume+json;version={version}")];

    /// <summary>The version document of an image service that has no images: "openstack volume create" looks for one before it
    /// begins.</summary>
    private Task NoImagesAsync(HttpContext context) =>
        WriteAsync(
            context,
            StatusCodes.Status300MultipleChoices,
            [new VersionAnswer("v2.0", "CURRENT", "", "", "2014-01-01T00:00:00Z", $"{address.Of(context)}/image/v2/")]
        );

    private static Task WriteAsync(HttpContext context, int status, IReadOnlyList<VersionAnswer> versions) =>
        JsonAnswer.WriteAsync(context, status, new VersionListAnswer(versions), OpenStackJson.Default.VersionListAnswer);
}

/// <summary>A version of an API. Every member must be there: clients index them.</summary>
internal sealed record VersionAnswer(
    string Id,
    string Status,
    string Version,
    string MinVersion,
    string Updated,
    [property: JsonIgnore] string Self
)
{
    [JsonPropertyName("media-types")]
    public IReadOnlyList<MediaTypeAnswer> MediaTypes { get; init; } = [];

    public IReadOnlyList<LinkAnswer> Links => [new("self", Self)];
}

internal sealed record MediaTypeAnswer(string Base, string Type);

internal sealed record VersionListAnswer(IReadOnlyList<VersionAnswer> Versions);
