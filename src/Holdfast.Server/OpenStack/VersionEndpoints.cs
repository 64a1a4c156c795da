using System.Text.Json;
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

    public void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapMethods("/", Methods, context => AnswerAsync(context, StatusCodes.Status300MultipleChoices, v3: true, v2: true))
            .OpenToAll();
        routes.MapMethods("/v3", Methods, context => AnswerAsync(context, StatusCodes.Status200OK, v3: true, v2: false)).OpenToAll();
        routes.MapGet("/image", NoImagesAsync).OpenToAll();
        routes.MapMethods("/v2", Methods, context => AnswerAsync(context, StatusCodes.Status200OK, v3: false, v2: true)).OpenToAll();
    }

    private Task AnswerAsync(HttpContext context, int status, bool v3, bool v2) =>
        JsonAnswer.WriteAsync(
            context,
            status,
            (v3, v2, address: address.Of(context)),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("versions");
                if (answer.v3)
                {
                    Write(json, "v3.0", "CURRENT", $"3.{MicroVersion.Latest}", "3.0", "2018-12-30T00:00:00Z", $"{answer.address}/v3/");
                }

                if (answer.v2)
                {
                    Write(json, "v2.0", "DEPRECATED", "", "", "2017-02-28T00:00:00Z", $"{answer.address}/v2/");
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );

    /// <summary>The version document of an image service that has no images: "openstack volume create" looks for one before it
    /// begins.</summary>
    private Task NoImagesAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status300MultipleChoices,
            address.Of(context),
            static (json, address) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("versions");
                Write(json, "v2.0", "CURRENT", "", "", "2014-01-01T00:00:00Z", $"{address}/image/v2/");
                json.WriteEndArray();
                json.WriteEndObject();
            }
        );

    /// <summary>Every member must be there: clients index them.</summary>
    private static void Write(Utf8JsonWriter json, string id, string status, string version, string least, string updated, string self)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("status", status);
        json.WriteString("version", version);
        json.WriteString("min_version", least);
        json.WriteString("updated", updated);
        json.WriteStartArray("media-types");
        json.WriteEndArray();
        json.WriteStartArray("links");
        json.WriteLink("self", self);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
