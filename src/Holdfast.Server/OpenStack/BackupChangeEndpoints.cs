using Holdfast.Control.Backups;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What changes or ends a backup: rename, delete, and the action that some clients delete with.</summary>
internal sealed class BackupChangeEndpoints(BackupStore backups, BackupService service, PublicAddress address) : IEndpoints
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

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    /// <summary>The API has it from 3.9 on; nothing is gained by refusing it to those who ask for less.</summary>
    private async Task UpdateAsync(HttpContext context)
    {
        var (project, id) = (context.Caller().Project, BackupEndpoints.BackupOf(context));
        _ = await backups.FindAsync(project, id, context.RequestAborted) ?? throw BackupEndpoints.NoSuchBackup(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
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
            new BackupSummaryEnvelope(BackupWire.Summary(changed, BackupView.Of(context, address, "v3"))),
            OpenStackJson.Default.BackupSummaryEnvelope
        );
    }

    private async Task ActAsync(HttpContext context)
    {
        var id = BackupEndpoints.BackupOf(context);
        _ =
            await backups.FindAsync(context.Caller().Project, id, context.RequestAborted)
            ?? throw BackupEndpoints.NoSuchBackup(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        if (!body.RootElement.TryGetProperty("os-force_delete", out _))
        {
            throw Bad("the only action on a backup here is 'os-force_delete', which does what DELETE does");
        }

        await RemoveAsync(context, id);
    }

    private Task DeleteAsync(HttpContext context) => RemoveAsync(context, BackupEndpoints.BackupOf(context));

    private async Task RemoveAsync(HttpContext context, BackupId id)
    {
        switch (await service.DeleteAsync(context.Caller().Project, id, context.RequestAborted))
        {
            case DeleteBackupOutcome.NoSuchBackup:
                throw BackupEndpoints.NoSuchBackup(id.ToString());
            case DeleteBackupOutcome.WrongState wrong:
                throw Bad($"backup {id} is {wrong.Status.WireName()}; only one that is available or in error can be deleted");
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
