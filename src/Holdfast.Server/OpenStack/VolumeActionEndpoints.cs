using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Policies;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What ends a volume, and the actions on one that mean something here.</summary>
internal sealed class VolumeActionEndpoints(VolumeStore volumes, VolumeRemoval removal, VolumeOperations operations) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapDelete($"/{version}/{{project}}/volumes/{{volume}}", DeleteAsync);
            routes.MapPost($"/{version}/{{project}}/volumes/{{volume}}/action", ActAsync);
        }
    }

    private async Task ActAsync(HttpContext context)
    {
        var id = (await VolumeEndpoints.FindAsync(context, volumes)).Id;
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        switch (body.RootElement)
        {
            case var action when action.TryGetProperty("os-unmanage", out _):
                await ForgetAsync(context, id);
                break;
            case var action when action.TryGetProperty("os-extend", out _):
                await ExtendAsync(context, id, action);
                break;
            case var action when action.TryGetProperty("os-reset_status", out _):
                await ResetAsync(context, id, action);
                break;
            case var action when action.TryGetProperty("os-force_delete", out _):
                await RemoveAsync(context, id);
                break;
            case var action when action.TryGetProperty("os-set_bootable", out _):
                Accept(
                    context,
                    action,
                    "os-set_bootable",
                    "bootable",
                    "nothing here starts a machine from a volume, so none is bootable",
                    StatusCodes.Status200OK
                );
                break;
            case var action when action.TryGetProperty("os-update_readonly_flag", out _):
                Accept(
                    context,
                    action,
                    "os-update_readonly_flag",
                    "readonly",
                    "a volume is written by restores, and nothing else here would obey the flag",
                    StatusCodes.Status202Accepted
                );
                break;
            default:
                throw RequestMembers.Bad(
                    "the actions on a volume here are os-extend, os-reset_status, os-force_delete, os-unmanage, os-set_bootable and "
                        + "os-update_readonly_flag: nothing here attaches, copies or moves volumes"
                );
        }
    }

    /// <summary>Who may make a device a volume may also end that.</summary>
    private async Task ForgetAsync(HttpContext context, VolumeId id)
    {
        if (!context.Caller().IsAdmin)
        {
            throw VbsErrors.Forbidden("'os-unmanage' needs the role admin in the project");
        }

        Answer(context, id, await removal.ForgetAsync(context.Caller().Project, id, context.RequestAborted));
    }

    /// <summary><c>new_size</c> is in GiB, as a number or a text.</summary>
    private async Task ExtendAsync(HttpContext context, VolumeId id, JsonElement body)
    {
        var gib =
            body.ObjectMember("os-extend")?.Member("new_size") is { } member
            && RequestBody.NumberText(member, "new_size") is { } text
            && ListQuery.ParseNumber(text, least: 1) is { } number
                ? number
                : throw RequestMembers.Bad("'new_size' is missing: whole GiB, more than the volume has");
        if (gib > OwnedVolumes.MaxSizeBytes >> 30)
        {
            throw RequestMembers.Bad($"'new_size' is at most {OwnedVolumes.MaxSizeBytes >> 30} GiB, not {gib}");
        }

        var (outcome, breach) = await operations.ExtendAsync(context.Caller().Project, id, gib << 30, context.RequestAborted);
        Answer(context, id, breach is null ? outcome : throw VbsErrors.QuotaExceededNative(breach));
    }

    /// <summary>Only what can be meant is said: other states belong to what works on a volume.</summary>
    private async Task ResetAsync(HttpContext context, VolumeId id, JsonElement body)
    {
        if (!context.Caller().IsAdmin)
        {
            throw VbsErrors.Forbidden("'os-reset_status' needs the role admin in the project");
        }

        var asked = body.ObjectMember("os-reset_status")?.TextMember("status") ?? throw RequestMembers.Bad("'status' is missing");
        var status = asked.ToUpperInvariant() switch
        {
            "AVAILABLE" => VolumeStatus.Available,
            "ERROR" => VolumeStatus.Error,
            _ => throw RequestMembers.Bad(
                $"'status' can be set to available or error, not to '{asked}': other states are of jobs that work on a volume"
            ),
        };
        Answer(context, id, await operations.ResetStatusAsync(context.Caller().Project, id, status, context.RequestAborted));
    }

    private static void Answer(HttpContext context, VolumeId id, VolumeOperationOutcome outcome) =>
        context.Response.StatusCode = outcome switch
        {
            VolumeOperationOutcome.Done => StatusCodes.Status202Accepted,
            VolumeOperationOutcome.NoSuchVolume => throw VolumeEndpoints.NoSuchVolume(id.ToString()),
            VolumeOperationOutcome.NotOwned => throw RequestMembers.Bad(
                $"volume {id} is a device that the service did not make, so it does not extend it; extend the device itself, the next "
                    + "backup takes its new size"
            ),
            VolumeOperationOutcome.NotLarger => throw RequestMembers.Bad(
                $"'new_size' must be more than volume {id} has: volumes are not made smaller"
            ),
            VolumeOperationOutcome.InError => throw RequestMembers.Bad(
                $"volume {id} is in error; restore into it, or set its status, before it is extended"
            ),
            _ => throw RequestMembers.Bad($"volume {id} is being backed up or restored; try again when that has ended"),
        };

    /// <summary>A flag that is false of every volume may be set to that.</summary>
    private static void Accept(HttpContext context, JsonElement body, string action, string flag, string why, int status)
    {
        var wanted = body.ObjectMember(action)?.SwitchMember(flag) ?? throw RequestMembers.Bad($"'{flag}' is missing");
        context.Response.StatusCode = !wanted ? status : throw RequestMembers.Bad($"'{flag}' cannot be true: {why}");
    }

    /// <summary><c>cascade</c> asks for the snapshots to go too, of which there are none. Backups always stay.</summary>
    private async Task DeleteAsync(HttpContext context)
    {
        var id = VolumeEndpoints.IdOf(context);
        _ = ListQuery.ReadSwitch(context.Request.Query, "cascade");
        await RemoveAsync(context, id);
    }

    private async Task RemoveAsync(HttpContext context, VolumeId id) =>
        Answer(context, id, await removal.DeleteAsync(context.Caller().Project, id, context.RequestAborted));

    private static void Answer(HttpContext context, VolumeId id, RemoveVolumeOutcome outcome) =>
        context.Response.StatusCode = outcome switch
        {
            RemoveVolumeOutcome.Removed => StatusCodes.Status202Accepted,
            RemoveVolumeOutcome.NoSuchVolume => throw VolumeEndpoints.NoSuchVolume(id.ToString()),
            RemoveVolumeOutcome.NotOwned => throw RequestMembers.Bad(
                $"volume {id} is a device that the service did not make, so it does not delete it; the action 'os-unmanage' forgets it "
                    + $"and leaves the device alone"
            ),
            _ => throw VbsErrors.Native(
                StatusCodes.Status409Conflict,
                $"volume {id} is being backed up or restored; try again when that has ended"
            ),
        };
}
