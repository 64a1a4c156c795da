using Holdfast.Control.Backups;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>Deleted backups, for as long as they are kept (<c>Upkeep:KeepDeletedDays</c>).</summary>
internal sealed class DeletedBackupEndpoints(BackupRemoval removal) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/deleted-backups", ListAsync);
        routes.MapPost("/admin/v1/{project}/deleted-backups/{deleted_backup}/undelete", UndeleteAsync);
        routes.MapDelete("/admin/v1/{project}/deleted-backups/{deleted_backup}", PurgeAsync);
    }

    private async Task ListAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new DeletedBackupListAnswer([.. (await removal.ListAsync(context.Caller().Project, context.RequestAborted)).Select(Of)]),
            AdminJson.Default.DeletedBackupListAnswer
        );

    private async Task UndeleteAsync(HttpContext context)
    {
        var id = DeletedOf(context);
        var backup = await removal.UndeleteAsync(context.Caller().Project, id, context.RequestAborted) switch
        {
            UndeleteOutcome.BroughtBack back => back.Backup,
            UndeleteOutcome.QuotaExceeded over => throw VbsErrors.Native(StatusCodes.Status413PayloadTooLarge, over.Breach.Message),
            _ => throw NoSuchBackup(id.ToString()),
        };
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new BackupIdEnvelope(new BackupIdAnswer(backup.Id.ToString())),
            AdminJson.Default.BackupIdEnvelope
        );
    }

    private async Task PurgeAsync(HttpContext context)
    {
        var id = DeletedOf(context);
        var job = await removal.PurgeAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        await JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, new JobIdAnswer(job.Value), AdminJson.Default.JobIdAnswer);
    }

    private static DeletedBackupAnswer Of(Backup backup) =>
        new(
            backup.Id.ToString(),
            backup.Name,
            backup.Volume.ToString(),
            backup.VolumeBytes,
            backup.Policy?.ToString(),
            backup.CreatedAt,
            backup.KeptUntil
        );

    private static BackupId DeletedOf(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("deleted_backup") ?? "";
        return BackupId.TryParse(text, null, out var id) ? id : throw NoSuchBackup(text);
    }

    private static ApiException NoSuchBackup(string id) =>
        VbsErrors.Native(StatusCodes.Status404NotFound, $"There is no deleted backup {id} that can be brought back.");
}
