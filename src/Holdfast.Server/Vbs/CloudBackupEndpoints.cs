using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>Backups, VBS style: each operation answers with a job (contract, sections 5.1 to 5.3), and the quota (5.5).</summary>
internal sealed class CloudBackupEndpoints(BackupStore backups, BackupService service, QuotaStore quotas) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        const string Root = "/v2/{project}/cloudbackups";
        routes.MapPost(Root, CreateAsync);
        routes.MapGet(Root + "/quota", QuotaAsync);
        routes.MapPost(Root + "/{backup}", DeleteAsync);
        routes.MapPost(Root + "/{backup}/restore", RestoreAsync);
    }

    private async Task CreateAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, VbsErrors.NoBackup);
        var order = CloudBackupBody.Read(body.RootElement.ObjectMember("backup") ?? throw VbsErrors.NoBackup());
        var job = await service.CreateAsync(context.Caller().Project, order, context.RequestAborted) switch
        {
            CreateBackupOutcome.Queued queued => queued.Job,
            CreateBackupOutcome.NoSuchVolume => throw VbsErrors.NoSuchVolumeToBackUp(order.Volume.ToString()),
            CreateBackupOutcome.Busy busy => throw VbsErrors.EarlierBackup(busy.Message),
            CreateBackupOutcome.WrongState wrong => throw VbsErrors.VolumeState(wrong.Message),
            CreateBackupOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceeded(full.Breach),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        context.TellAudit($"of volume {order.Volume}");
        await AnswerAsync(context, job);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("backup") ?? "";
        var id = BackupId.TryParse(text, null, out var parsed) ? parsed : throw VbsErrors.NoSuchBackup(text);
        var job = await service.DeleteAsync(context.Caller().Project, id, context.RequestAborted) switch
        {
            DeleteBackupOutcome.Queued queued => queued.Job,
            DeleteBackupOutcome.WrongState wrong => throw VbsErrors.CannotDelete(text, wrong.Status.WireName()),
            _ => throw VbsErrors.NoSuchBackup(text),
        };
        await AnswerAsync(context, job);
    }

    private async Task RestoreAsync(HttpContext context)
    {
        var (project, text) = (context.Caller().Project, (string?)context.GetRouteValue("backup") ?? "");
        var id = BackupId.TryParse(text, null, out var parsed) ? parsed : throw VbsErrors.BackupIdMalformed(text);
        _ = await backups.FindAsync(project, id, context.RequestAborted) ?? throw VbsErrors.NoSuchBackup(text);
        var volume = await ReadTargetAsync(context);

        // Whoever names a volume of the project means that what it holds is replaced.
        var job = await service.RestoreAsync(project, id, new RestoreTarget.Volume(volume), overwrite: true, context.RequestAborted) switch
        {
            RestoreBackupOutcome.Queued queued => queued.Job,
            RestoreBackupOutcome.NoSuchBackup => throw VbsErrors.NoSuchBackup(text),
            RestoreBackupOutcome.WrongState wrong => throw VbsErrors.BackupNotAvailable(text, wrong.Status.WireName()),
            RestoreBackupOutcome.TargetRefused refused => throw RefusalOf(refused, volume),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        context.TellAudit($"into volume {volume}");
        await AnswerAsync(context, job);
    }

    private static async Task<VolumeId> ReadTargetAsync(HttpContext context)
    {
        string? text;
        try
        {
            using var body = await RequestBody.ReadObjectAsync(context, () => VbsErrors.MalformedRestore("the request has no body"));
            text = (body.RootElement.ObjectMember("restore") ?? throw VbsErrors.MalformedRestore("'restore' is missing")).TextMember(
                "volume_id"
            );
        }
        catch (ApiException e) when (e is { Code.Length: 0, Status: StatusCodes.Status400BadRequest })
        {
            throw VbsErrors.MalformedRestore(e.Message);
        }

        return VolumeId.TryParse(text, null, out var volume) ? volume : throw VbsErrors.VolumeIdOfRestore(text);
    }

    private static ApiException RefusalOf(RestoreBackupOutcome.TargetRefused refused, VolumeId volume) =>
        refused.Why switch
        {
            RestoreRefusal.NoSuchVolume => VbsErrors.NoSuchVolumeToRestore(volume.ToString()),
            RestoreRefusal.TooSmall => VbsErrors.VolumeTooSmall(refused.Message),
            RestoreRefusal.BackupRunning => VbsErrors.BackupRunning(refused.Message),
            _ => VbsErrors.VolumeNotAvailable(refused.Message),
        };

    private async Task QuotaAsync(HttpContext context)
    {
        var project = context.Caller().Project;
        var (quota, usage) = (
            await quotas.FindAsync(project, context.RequestAborted),
            await quotas.UsageAsync(project, context.RequestAborted)
        );
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (quota, usage),
            static (json, answer) => QuotaWire.Write(json, answer.quota, answer.usage)
        );
    }

    private static Task AnswerAsync(HttpContext context, JobId job) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            job,
            static (json, job) =>
            {
                json.WriteStartObject();
                json.WriteString("job_id", job.Value);
                json.WriteEndObject();
            }
        );
}
