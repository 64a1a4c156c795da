using System.Text.Json;
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
            address.Of(context),
            static (json, address) =>
            {
                json.WriteStartObject();
                json.WriteStartObject("versions");
                json.WriteStartArray("values");
                Write(json, address);
                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteEndObject();
            }
        );

    private Task VersionAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            address.Of(context),
            static (json, address) =>
            {
                json.WriteStartObject();
                json.WritePropertyName("version");
                Write(json, address);
                json.WriteEndObject();
            }
        );

    private static void Write(Utf8JsonWriter json, string address)
    {
        json.WriteStartObject();
        json.WriteString("id", "v3.8");
        json.WriteString("status", "stable");
        json.WriteString("updated", "2017-02-22T00:00:00Z");
        json.WriteStartArray("media-types");
        json.WriteEndArray();
        json.WriteStartArray("links");
        json.WriteLink("self", $"{address}{IdentityDoor.Root}/");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
