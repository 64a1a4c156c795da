using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>The cloud's names of volumes and their metadata, which it calls tags. There is one store of both: what is set by one name is
/// shown by the other. The lists are in <see cref="VolumeListEndpoints"/>.</summary>
internal sealed class CloudVolumeEndpoints(VolumeStore volumes, PublicAddress address) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v2/{project}/cloudvolumes/{volume}", ShowAsync);
        routes.MapGet("/v2/{project}/os-vendor-tags/volumes/{volume}", ShowTagsAsync);
        routes.MapPut("/v2/{project}/os-vendor-tags/volumes/{volume}", ReplaceTagsAsync);
    }

    /// <summary>A volume with its metadata as tags, too.</summary>
    public static VolumeAnswer Tagged(Volume volume, NativeView view) => VolumeWire.Shown(volume, view) with { Tags = volume.Metadata };

    private async Task ShowAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new VolumeEnvelope(Tagged(await VolumeEndpoints.FindAsync(context, volumes), NativeView.Of(context, address, "v2"))),
            OpenStackJson.Default.VolumeEnvelope
        );

    private async Task ShowTagsAsync(HttpContext context) =>
        await WriteTagsAsync(context, await VolumeEndpoints.FindAsync(context, volumes));

    /// <summary>What is sent takes the place of all tags there are.</summary>
    private async Task ReplaceTagsAsync(HttpContext context)
    {
        var id = VolumeEndpoints.IdOf(context);
        _ = await VolumeEndpoints.FindAsync(context, volumes);
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        body.RootElement.RefuseOthers("", "tags");
        var sent = body.RootElement.ReadTexts("tags") ?? throw RequestMembers.Bad("'tags' is missing");
        var changed = await volumes.UpdateAsync(
            context.Caller().Project,
            id,
            new VolumeChange(Metadata: _ => sent),
            context.RequestAborted
        );
        await WriteTagsAsync(context, changed ?? throw VolumeEndpoints.NoSuchVolume(id.ToString()));
    }

    private static Task WriteTagsAsync(HttpContext context, Volume volume) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new TagsAnswer(volume.Metadata), OpenStackListsJson.Default.TagsAnswer);
}

internal sealed record TagsAnswer(IReadOnlyDictionary<string, string> Tags);
