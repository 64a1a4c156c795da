using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Restores;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>
/// Single volumes. Those that exist already are registered and forgotten by the operations that OpenStack has for that, manage and
/// unmanage; others are made, empty or from a backup. How a volume ends is in <see cref="VolumeActionEndpoints"/>.
/// </summary>
internal sealed class VolumeEndpoints(VolumeStore volumes, OwnedVolumes owned, VolumeFromBackup fromBackup, PublicAddress address)
{
    /// <summary>Operations of block storage services that stand where an id does, and that are not here.</summary>
    private static readonly string[] Words = ["summary"];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapPost($"/{version}/{{project}}/os-volume-manage", context => ManageAsync(context, version)).Needs(Role.Admin);
            routes.MapPost($"/{version}/{{project}}/volumes", context => CreateAsync(context, version));
            routes.MapGet($"/{version}/{{project}}/volumes/{{volume}}", context => ShowAsync(context, version));
            routes.MapPut($"/{version}/{{project}}/volumes/{{volume}}", context => UpdateAsync(context, version));
        }
    }

    public static ApiException NoSuchVolume(string id) => VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no volume '{id}'");

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    private async Task CreateAsync(HttpContext context, string version)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var (wanted, from) = VolumeBody.ReadNew(body.RootElement);
        var volume = from is { } backup
            ? await CreateFromAsync(context, wanted, backup)
            : await owned.CreateAsync(context.Caller().Project, wanted, context.RequestAborted);
        await WriteAsync(context, StatusCodes.Status202Accepted, volume, version);
    }

    private async Task<Volume> CreateFromAsync(HttpContext context, NewVolume wanted, BackupId backup) =>
        await fromBackup.CreateAsync(
            context.Caller().Project,
            backup,
            made => wanted.SizeBytes == 0 ? wanted with { SizeBytes = made.VolumeBytes } : wanted,
            context.RequestAborted
        ) switch
        {
            VolumeFromBackupOutcome.Queued queued => queued.Volume,
            VolumeFromBackupOutcome.WrongState wrong => throw Bad(
                $"backup {backup} is {wrong.Status.WireName()}; only an available one can be restored"
            ),
            VolumeFromBackupOutcome.TooSmall small => throw Bad(
                $"backup {backup} is of {small.BackupBytes} bytes and the new volume of {wanted.SizeBytes}; ask for a larger one"
            ),
            _ => throw BackupEndpoints.NoSuchBackup(backup.ToString()),
        };

    private async Task ManageAsync(HttpContext context, string version)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var volume = body.RootElement.ObjectMember("volume") ?? throw Bad("'volume' is missing");
        var reference = volume.ObjectMember("ref") ?? throw Bad("'ref' is missing: it names the device, {\"source-name\": \"file:///…\"}");
        var source = reference.TextMember("source-name") ?? throw Bad("'source-name' is missing");
        var name = volume.TextMember("name") is { Length: > 0 } given ? given : source[(source.LastIndexOf('/') + 1)..];
        switch (await volumes.RegisterAsync(context.Caller().Project, name, source, context.RequestAborted))
        {
            case RegisterOutcome.Registered done:
                await WriteAsync(context, StatusCodes.Status202Accepted, done.Volume, version);
                break;
            case RegisterOutcome.Refused refused:
                throw VbsErrors.Native(
                    refused.Why == RegisterRefusal.AlreadyRegistered ? StatusCodes.Status409Conflict : StatusCodes.Status400BadRequest,
                    refused.Message
                );
        }
    }

    /// <summary>By id, or by the name that only one volume of the project has. Clients that get 404 for a name look it up in the list, and
    /// say there that several have it.</summary>
    private async Task ShowAsync(HttpContext context, string version)
    {
        var (project, text) = (context.Caller().Project, TextOf(context));
        if (Words.Contains(text, StringComparer.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound; // told by its path
            return;
        }

        var volume = VolumeId.TryParse(text, null, out var id) ? await volumes.FindAsync(project, id, context.RequestAborted) : null;
        volume ??= await volumes.FindByNameAsync(project, text, context.RequestAborted) is [var only] ? only : throw NoSuchVolume(text);
        await WriteAsync(context, StatusCodes.Status200OK, volume, version);
    }

    private async Task UpdateAsync(HttpContext context, string version)
    {
        var id = IdOf(context);
        _ = await FindAsync(context, id);
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var changed = await volumes.UpdateAsync(
            context.Caller().Project,
            id,
            VolumeBody.ReadChange(body.RootElement),
            context.RequestAborted
        );
        await WriteAsync(context, StatusCodes.Status200OK, changed ?? throw NoSuchVolume(id.ToString()), version);
    }

    private async Task<Volume> FindAsync(HttpContext context, VolumeId id) =>
        await volumes.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchVolume(id.ToString());

    private Task WriteAsync(HttpContext context, int status, Volume volume, string version) =>
        JsonAnswer.WriteAsync(
            context,
            status,
            (volume, view: VolumeView.Of(context, address, version)),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WritePropertyName("volume");
                VolumeWire.Write(json, answer.volume, answer.view);
                json.WriteEndObject();
            }
        );

    private static string TextOf(HttpContext context) => (string?)context.GetRouteValue("volume") ?? "";

    /// <summary>The volume that the path names.</summary>
    public static VolumeId IdOf(HttpContext context)
    {
        var text = TextOf(context);
        return VolumeId.TryParse(text, null, out var id) ? id : throw NoSuchVolume(text);
    }
}
