using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Errors;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Volumes: registered and forgotten by the operations that OpenStack has for volumes that exist already, manage and unmanage.</summary>
internal sealed class VolumeEndpoints(VolumeStore volumes)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v3/{project}/os-volume-manage", ManageAsync).Needs(Role.Admin);
        routes.MapPost("/v3/{project}/volumes/{volume}/action", ActAsync).Needs(Role.Admin);
        routes.MapGet("/v3/{project}/volumes/detail", ListAsync);
        routes.MapGet("/v3/{project}/volumes/{volume}", ShowAsync);
    }

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    private async Task ManageAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var volume = body.RootElement.ObjectMember("volume") ?? throw Bad("'volume' is missing");
        var reference = volume.ObjectMember("ref") ?? throw Bad("'ref' is missing: it names the device, {\"source-name\": \"file:///…\"}");
        var source = reference.TextMember("source-name") ?? throw Bad("'source-name' is missing");
        var name = volume.TextMember("name") is { Length: > 0 } given ? given : source[(source.LastIndexOf('/') + 1)..];
        switch (await volumes.RegisterAsync(context.Caller().Project, name, source, context.RequestAborted))
        {
            case RegisterOutcome.Registered done:
                await WriteAsync(context, StatusCodes.Status202Accepted, done.Volume);
                break;
            case RegisterOutcome.Refused refused:
                throw VbsErrors.Native(refused.Why == RegisterRefusal.AlreadyRegistered ? StatusCodes.Status409Conflict : StatusCodes.Status400BadRequest, refused.Message);
        }
    }

    private async Task ActAsync(HttpContext context)
    {
        var id = IdOf(context);
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        if (!body.RootElement.TryGetProperty("os-unmanage", out _))
        {
            throw Bad("the only action on a volume here is 'os-unmanage'");
        }

        switch (await volumes.RemoveAsync(context.Caller().Project, id, context.RequestAborted))
        {
            case RemoveVolumeOutcome.NoSuchVolume:
                throw NoSuchVolume(id.ToString());
            case RemoveVolumeOutcome.Busy:
                throw VbsErrors.Native(StatusCodes.Status409Conflict, $"volume {id} is being backed up or restored; try again when that has ended");
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private async Task ListAsync(HttpContext context)
    {
        var list = await volumes.ListAsync(context.Caller().Project, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, list, static (json, list) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("volumes");
            foreach (var volume in list)
            {
                VolumeWire.Write(json, volume);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task ShowAsync(HttpContext context)
    {
        var id = IdOf(context);
        await WriteAsync(context, StatusCodes.Status200OK, await volumes.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchVolume(id.ToString()));
    }

    private static Task WriteAsync(HttpContext context, int status, Volume volume) => JsonAnswer.WriteAsync(context, status, volume, static (json, volume) =>
    {
        json.WriteStartObject();
        json.WritePropertyName("volume");
        VolumeWire.Write(json, volume);
        json.WriteEndObject();
    });

    private static VolumeId IdOf(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("volume") ?? "";
        return VolumeId.TryParse(text, null, out var id) ? id : throw NoSuchVolume(text);
    }

    private static ApiException NoSuchVolume(string id) => VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no volume '{id}'");
}
