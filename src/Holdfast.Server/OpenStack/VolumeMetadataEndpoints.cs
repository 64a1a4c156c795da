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
            routes.MapGet(path + "/{key}", ShowOneAsync);
            routes.MapPut(path + "/{key}", ChangeOneAsync);
            routes.MapDelete(path + "/{key}", RemoveAsync);
        }
    }

    private static string KeyOf(HttpContext context) => (string?)context.GetRouteValue("key") ?? "";

    private static ApiException NoSuchKey(VolumeId id, string key) =>
        VbsErrors.Native(StatusCodes.Status404NotFound, $"Volume {id} has no metadata with key {key}.");

    private async Task ShowAsync(HttpContext context) => await WriteAsync(context, await VolumeEndpoints.FindAsync(context, volumes));

    private async Task ShowOneAsync(HttpContext context)
    {
        var (volume, key) = (await VolumeEndpoints.FindAsync(context, volumes), KeyOf(context));
        await WriteOneAsync(context, key, volume.Metadata.TryGetValue(key, out var value) ? value : throw NoSuchKey(volume.Id, key));
    }

    /// <param name="isWhole">What is sent takes the place of all there is; otherwise it is added to that.</param>
    private async Task ChangeAsync(HttpContext context, bool isWhole)
    {
        _ = await VolumeEndpoints.FindAsync(context, volumes);
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        body.RootElement.RefuseOthers("", "metadata");
        var sent = VolumeBody.ReadMetadata(body.RootElement) ?? throw RequestMembers.Bad("'metadata' is missing");
        await WriteAsync(context, await UpdateAsync(context, old => isWhole ? sent : VolumeBody.Merge(old, sent)));
    }

    private async Task ChangeOneAsync(HttpContext context)
    {
        var key = KeyOf(context);
        _ = await VolumeEndpoints.FindAsync(context, volumes);
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        body.RootElement.RefuseOthers("", "meta");
        var sent = body.RootElement.ReadTexts("meta") ?? throw RequestMembers.Bad("'meta' is missing");
        if (sent.Count != 1 || !sent.TryGetValue(key, out var value))
        {
            throw RequestMembers.Bad($"Request body and URI mismatch: 'meta' has one member, '{RequestMembers.Shortened(key)}'");
        }

        _ = await UpdateAsync(context, old => VolumeBody.Merge(old, sent));
        await WriteOneAsync(context, key, value);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var (id, key) = (VolumeEndpoints.IdOf(context), KeyOf(context));
        _ = await UpdateAsync(
            context,
            old =>
                old.ContainsKey(key)
                    ? old.Where(pair => pair.Key != key).ToDictionary(pair => pair.Key, pair => pair.Value)
                    : throw NoSuchKey(id, key)
        );
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private async Task<Volume> UpdateAsync(
        HttpContext context,
        Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>> change
    )
    {
        var id = VolumeEndpoints.IdOf(context);
        return await volumes.UpdateAsync(context.Caller().Project, id, new VolumeChange(Metadata: change), context.RequestAborted)
            ?? throw VolumeEndpoints.NoSuchVolume(id.ToString());
    }

    private static Task WriteAsync(HttpContext context, Volume volume) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new MetadataAnswer(volume.Metadata), OpenStackJson.Default.MetadataAnswer);

    private static Task WriteOneAsync(HttpContext context, string key, string value) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new MetadataItemAnswer(new Dictionary<string, string> { [key] = value }),
            OpenStackJson.Default.MetadataItemAnswer
        );
}
