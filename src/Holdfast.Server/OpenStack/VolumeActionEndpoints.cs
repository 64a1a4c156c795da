using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What ends a volume, and the actions on one that mean something here.</summary>
internal sealed class VolumeActionEndpoints(VolumeStore volumes, OwnedVolumes owned)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapDelete($"/{version}/{{project}}/volumes/{{volume}}", DeleteAsync);
            routes.MapPost($"/{version}/{{project}}/volumes/{{volume}}/action", ActAsync);
        }
    }

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    private async Task ActAsync(HttpContext context)
    {
        var id = VolumeEndpoints.IdOf(context);
        _ =
            await volumes.FindAsync(context.Caller().Project, id, context.RequestAborted)
            ?? throw VolumeEndpoints.NoSuchVolume(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        switch (body.RootElement)
        {
            case var action when action.TryGetProperty("os-unmanage", out _):
                await ForgetAsync(context, id);
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
                throw Bad("the actions on a volume here are os-unmanage, os-force_delete, os-set_bootable and os-update_readonly_flag");
        }
    }

    /// <summary>Who may make a device a volume may also end that.</summary>
    private async Task ForgetAsync(HttpContext context, VolumeId id)
    {
        if (!context.Caller().IsAdmin)
        {
            throw VbsErrors.Forbidden("'os-unmanage' needs the role admin in the project");
        }

        Answer(context, id, await volumes.RemoveAsync(context.Caller().Project, id, context.RequestAborted));
    }

    /// <summary>A flag that is false of every volume may be set to that.</summary>
    private static void Accept(HttpContext context, JsonElement body, string action, string flag, string why, int status)
    {
        var wanted = body.ObjectMember(action)?.SwitchMember(flag) ?? throw Bad($"'{flag}' is missing");
        context.Response.StatusCode = !wanted ? status : throw Bad($"'{flag}' cannot be true: {why}");
    }

    /// <summary><c>cascade</c> asks for the snapshots to go too, of which there are none. Backups always stay.</summary>
    private async Task DeleteAsync(HttpContext context)
    {
        var id = VolumeEndpoints.IdOf(context);
        _ = ListQuery.ReadSwitch(context.Request.Query, "cascade");
        await RemoveAsync(context, id);
    }

    private async Task RemoveAsync(HttpContext context, VolumeId id) =>
        Answer(context, id, await owned.DeleteAsync(context.Caller().Project, id, context.RequestAborted));

    private static void Answer(HttpContext context, VolumeId id, RemoveVolumeOutcome outcome) =>
        context.Response.StatusCode = outcome switch
        {
            RemoveVolumeOutcome.Removed => StatusCodes.Status202Accepted,
            RemoveVolumeOutcome.NoSuchVolume => throw VolumeEndpoints.NoSuchVolume(id.ToString()),
            RemoveVolumeOutcome.NotOwned => throw Bad(
                $"volume {id} is a device that the service did not make, so it does not delete it; the action 'os-unmanage' forgets it "
                    + $"and leaves the device alone"
            ),
            _ => throw VbsErrors.Native(
                StatusCodes.Status409Conflict,
                $"volume {id} is being backed up or restored; try again when that has ended"
            ),
        };
}
