using Holdfast.Control;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>A volume's metadata on its own: <c>openstack volume set --property</c> and its like.</summary>
internal sealed class VolumeMetadataEndpoints(VolumeStore volumes) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            var path = $"/{version}/{{project}}/volumes/{{volume}}/metadata";
            routes.MapGet(path, ShowAsync);
            routes.MapPost(path, context => ChangeAsync(context, isWhole: false));
            routes.MapPut(path, context => ChangeAsync(context, isWhole: true));
            routes.MapDelete(path + "/{key}", RemoveAsync);
        }
    }

    private async Task ShowAsync(HttpContext context)
    {
        var id = VolumeEndpoints.IdOf(context);
        await WriteAsync(context, await volumes.FindAsync(context.Caller().Project, id, context.RequestAborted), id);
    }

    /// <param name="isWhole">What is sent takes the place of all there is; otherwise it is added to that.</param>
    private async Task ChangeAsync(HttpContext context, bool isWhole)
    {
        var id = VolumeEndpoints.IdOf(context);
        _ =
            await volumes.FindAsync(context.Caller().Project, id, context.RequestAborted)
            ?? throw VolumeEndpoints.NoSuchVolume(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(
            context,
            () => VbsErrors.Native(StatusCodes.Status400BadRequest, "the request has no body")
        );
        var sent =
            VolumeBody.ReadMetadata(body.RootElement) ?? throw VbsErrors.Native(StatusCodes.Status400BadRequest, "'metadata' is missing");
        var change = new VolumeChange(Metadata: old => isWhole ? sent : VolumeBody.Merge(old, sent));
        await WriteAsync(context, await volumes.UpdateAsync(context.Caller().Project, id, change, context.RequestAborted), id);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var (id, key) = (VolumeEndpoints.IdOf(context), (string?)context.GetRouteValue("key") ?? "");
        var change = new VolumeChange(Metadata: old =>
            old.ContainsKey(key)
                ? old.Where(pair => pair.Key != key).ToDictionary(pair => pair.Key, pair => pair.Value)
                : throw VbsErrors.Native(StatusCodes.Status404NotFound, $"the volume has no metadata '{key}'")
        );
        _ =
            await volumes.UpdateAsync(context.Caller().Project, id, change, context.RequestAborted)
            ?? throw VolumeEndpoints.NoSuchVolume(id.ToString());
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private static Task WriteAsync(HttpContext context, Volume? volume, VolumeId id) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            volume ?? throw VolumeEndpoints.NoSuchVolume(id.ToString()),
            static (json, volume) =>
            {
                json.WriteStartObject();
                VolumeWire.WriteMetadata(json, volume);
                json.WriteEndObject();
            }
        );
}
