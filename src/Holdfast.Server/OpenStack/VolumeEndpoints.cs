using System.Text.Json;
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
    : IEndpoints
{
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

    public static ApiException NoSuchVolume(string id) =>
        VbsErrors.Native(StatusCodes.Status404NotFound, $"Volume {id} could not be found.");

    private async Task CreateAsync(HttpContext context, string version)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var project = context.Caller().Project;
        var (read, from) = VolumeBody.ReadNew(body.RootElement, await KnownAsync(context, body.RootElement));
        var wanted = read with { User = context.Caller().Token.Account.Id.ToString() };
        var volume = from is { } backup
            ? await CreateFromAsync(context, wanted, backup)
            : await owned.CreateAsync(project, wanted, context.RequestAborted) switch
            {
                CreateVolumeOutcome.Made made => made.Volume,
                CreateVolumeOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceededNative(full.Breach),
                var other => throw new InvalidOperationException($"Unknown outcome {other}."),
            };
        await WriteAsync(context, StatusCodes.Status202Accepted, VolumeWire.Made(volume, ViewOf(context, version)));
    }

    /// <summary>The project's volumes, which a request is held against that names a type or a volume; none are read for another.</summary>
    private async Task<IReadOnlyList<Volume>> KnownAsync(HttpContext context, JsonElement body) =>
        body.ObjectMember("volume") is { } volume && (volume.Member("volume_type") ?? volume.Member("source_volid")) is not null
            ? await volumes.ListAsync(context.Caller().Project, context.RequestAborted)
            : [];

    private NativeView ViewOf(HttpContext context, string version) => NativeView.Of(context, address, version);

    private async Task<Volume> CreateFromAsync(HttpContext context, NewVolume wanted, BackupId backup) =>
        await fromBackup.CreateAsync(
            context.Caller().Project,
            backup,
            made =>
                wanted with
                {
                    SizeBytes = wanted.SizeBytes == 0 ? made.VolumeBytes : wanted.SizeBytes,
                    Metadata = VolumeBody.Merge(made.VolumeMetadata, wanted.Metadata),
                },
            context.RequestAborted
        ) switch
        {
            VolumeFromBackupOutcome.Queued queued => queued.Volume,
            VolumeFromBackupOutcome.WrongState wrong => throw RequestMembers.Bad(
                $"backup {backup} is {wrong.Status.WireName()}; only an available one can be restored"
            ),
            VolumeFromBackupOutcome.TooSmall small => throw RequestMembers.Bad(
                $"backup {backup} is of {small.BackupBytes} bytes and the new volume of {wanted.SizeBytes}; ask for a larger one"
            ),
            VolumeFromBackupOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceededNative(full.Breach),
            _ => throw BackupEndpoints.NoSuchBackup(backup.ToString()),
        };

    private async Task ManageAsync(HttpContext context, string version)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var project = context.Caller().Project;
        var (read, source) = VolumeBody.ReadRegistered(body.RootElement, await KnownAsync(context, body.RootElement));
        var words = read with { User = context.Caller().Token.Account.Id.ToString() };
        var registered = VolumeOf(await volumes.RegisterAsync(project, words, source, context.RequestAborted));
        context.TellAudit($"registered {AuditLog.Of("volume", registered.Name, registered.Id.ToString())}");
        await WriteAsync(context, StatusCodes.Status202Accepted, VolumeWire.Made(registered, ViewOf(context, version)));
    }

    private static Volume VolumeOf(RegisterOutcome outcome) =>
        outcome switch
        {
            RegisterOutcome.Registered done => done.Volume,
            RegisterOutcome.Refused { Why: RegisterRefusal.AlreadyRegistered } refused => throw VbsErrors.Native(
                StatusCodes.Status409Conflict,
                refused.Message
            ),
            RegisterOutcome.Refused refused => throw RequestMembers.Bad(refused.Message),
            RegisterOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceededNative(full.Breach),
            _ => throw new InvalidOperationException($"A registration ended as {outcome.GetType().Name}, which nothing answers."),
        };

    /// <summary>By id, or by the name that only one volume of the project has. Clients that get 404 for a name look it up in the list, and
    /// say there that several have it.</summary>
    private async Task ShowAsync(HttpContext context, string version)
    {
        var (project, text) = (context.Caller().Project, TextOf(context));
        var volume = VolumeId.TryParse(text, null, out var id) ? await volumes.FindAsync(project, id, context.RequestAborted) : null;
        volume ??= await volumes.FindByNameAsync(project, text, context.RequestAborted) is [var only] ? only : throw NoSuchVolume(text);
        await WriteAsync(context, StatusCodes.Status200OK, VolumeWire.Shown(volume, ViewOf(context, version)));
    }

    private async Task UpdateAsync(HttpContext context, string version)
    {
        var id = (await FindAsync(context, volumes)).Id;
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var (project, change) = (context.Caller().Project, VolumeBody.ReadChange(body.RootElement));
        if (VolumeBody.ReadAcceptDevice(body.RootElement))
        {
            await AcceptDeviceAsync(context, id);
        }

        var changed = await volumes.UpdateAsync(project, id, change, context.RequestAborted);
        await WriteAsync(
            context,
            StatusCodes.Status200OK,
            VolumeWire.Changed(changed ?? throw NoSuchVolume(id.ToString()), ViewOf(context, version))
        );
    }

    /// <summary>Who may make a device a volume may also say that another one is it. Before the other changes: where it is refused, nothing
    /// is changed.</summary>
    private async Task AcceptDeviceAsync(HttpContext context, VolumeId id)
    {
        if (!context.Caller().IsAdmin)
        {
            throw VbsErrors.Forbidden("'holdfast:accept_device' needs the role admin in the project");
        }

        _ = VolumeOf(
            await volumes.AcceptDeviceAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchVolume(id.ToString())
        );
    }

    private static Task WriteAsync(HttpContext context, int status, VolumeAnswer volume) =>
        JsonAnswer.WriteAsync(context, status, new VolumeEnvelope(volume), OpenStackJson.Default.VolumeEnvelope);

    private static string TextOf(HttpContext context) => (string?)context.GetRouteValue("volume") ?? "";

    /// <summary>The volume that the path names, as it is shown.</summary>
    public static async Task<Volume> FindAsync(HttpContext context, VolumeStore volumes)
    {
        var id = IdOf(context);
        return await volumes.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchVolume(id.ToString());
    }

    /// <summary>The id of the volume that the path names.</summary>
    public static VolumeId IdOf(HttpContext context)
    {
        var text = TextOf(context);
        return VolumeId.TryParse(text, null, out var id) ? id : throw NoSuchVolume(text);
    }
}
