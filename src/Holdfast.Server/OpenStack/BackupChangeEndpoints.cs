using System.Text.Json;
using Holdfast.Control.Backups;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What changes or ends a backup: rename, delete, and the action that some clients delete with.</summary>
internal sealed class BackupChangeEndpoints(BackupStore backups, BackupService service, BackupReset reset, PublicAddress address)
    : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapDelete($"/{version}/{{project}}/backups/{{backup}}", DeleteAsync);
            routes.MapPost($"/{version}/{{project}}/backups/{{backup}}/action", ActAsync);
        }

        routes.MapPut("/v3/{project}/backups/{backup}", UpdateAsync);
    }

    /// <summary>From 3.9 on.</summary>
    private async Task UpdateAsync(HttpContext context)
    {
        _ = MicroVersion.From(context, 9, "changes of a backup");
        var (project, id) = (context.Caller().Project, BackupEndpoints.BackupOf(context));
        _ = await backups.FindAsync(project, id, context.RequestAborted) ?? throw BackupEndpoints.NoSuchBackup(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var backup = body.RootElement.ReadHolder("backup");
        var hasMetadata = MicroVersion.Of(context).HasBackupMetadata;
        backup.RefuseOthers("backup", hasMetadata ? ["name", "description", "metadata"] : ["name", "description"]);
        var ((name, description), metadata) = (BackupEndpoints.ReadTexts(backup), backup.ReadTexts("metadata"));
        var changed =
            await backups.UpdateAsync(project, id, name, description, metadata, context.RequestAborted)
            ?? throw BackupEndpoints.NoSuchBackup(id.ToString());
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new BackupSummaryEnvelope(BackupWire.Summary(changed, NativeView.Of(context, address, "v3"))),
            OpenStackJson.Default.BackupSummaryEnvelope
        );
    }

    private async Task ActAsync(HttpContext context)
    {
        var id = BackupEndpoints.BackupOf(context);
        _ =
            await backups.FindAsync(context.Caller().Project, id, context.RequestAborted)
            ?? throw BackupEndpoints.NoSuchBackup(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        if (body.RootElement.TryGetProperty("os-reset_status", out _))
        {
            await ResetAsync(context, id, body.RootElement);
            return;
        }

        if (!body.RootElement.TryGetProperty("os-force_delete", out _))
        {
            throw RequestMembers.Bad(
                "the actions on a backup here are 'os-force_delete', which does what DELETE does, and 'os-reset_status'"
            );
        }

        await RemoveAsync(context, id);
    }

    private async Task ResetAsync(HttpContext context, BackupId id, JsonElement body)
    {
        if (!context.Caller().IsAdmin)
        {
            throw VbsErrors.Forbidden("'os-reset_status' needs the role admin in the project");
        }

        var asked = body.ObjectMember("os-reset_status")?.TextMember("status") ?? throw RequestMembers.Bad("'status' is missing");
        if (asked.ToLowerInvariant() is not ("available" or "error"))
        {
            throw RequestMembers.Bad(
                $"'status' can be set to available or error, not to '{asked}': other states are of jobs that work on a backup"
            );
        }

        context.Response.StatusCode = await reset.RunAsync(
            context.Caller().Project,
            id,
            asked.Equals("available", StringComparison.OrdinalIgnoreCase),
            context.RequestAborted
        ) switch
        {
            BackupResetOutcome.Done => StatusCodes.Status202Accepted,
            BackupResetOutcome.NoSuchBackup => throw BackupEndpoints.NoSuchBackup(id.ToString()),
            BackupResetOutcome.NotThere => throw RequestMembers.Bad(
                $"backup {id} cannot become available: it was never made whole, or the repository does not hold it any more"
            ),
            _ => throw RequestMembers.Bad($"backup {id} is being made, restored or deleted; try again when that has ended"),
        };
    }

    private Task DeleteAsync(HttpContext context) => RemoveAsync(context, BackupEndpoints.BackupOf(context));

    private async Task RemoveAsync(HttpContext context, BackupId id)
    {
        switch (await service.DeleteAsync(context.Caller().Project, id, context.RequestAborted))
        {
            case DeleteBackupOutcome.NoSuchBackup:
                throw BackupEndpoints.NoSuchBackup(id.ToString());
            case DeleteBackupOutcome.WrongState wrong:
                throw RequestMembers.Bad(
                    $"backup {id} is {wrong.Status.WireName()}; only one that is available or in error can be deleted"
                );
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
