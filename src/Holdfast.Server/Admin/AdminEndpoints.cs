using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Quotas;
using Holdfast.Control.Retention;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.OpenStack;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>What the cloud's API has no operation for: restoring to a device, the preview of retention, the repository's figures.</summary>
internal sealed class AdminEndpoints(
    BackupService service,
    RetentionPreview retention,
    QuotaStore quotas,
    PruneRuns prunes,
    Repository repository
) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admin/v1/{project}/backups/{backup}/restore", RestoreAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/policies/{policy}/retention", PreviewAsync);
        routes.MapGet("/admin/v1/{project}/repository", StatsAsync).Needs(Role.Admin);
        routes.MapPut("/admin/v1/{project}/quota", SetQuotaAsync).Needs(Role.Admin);
    }

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    private async Task RestoreAsync(HttpContext context)
    {
        var id = BackupEndpoints.BackupOf(context);
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var target = ReadTarget(body.RootElement);
        var overwrite = body.RootElement.Member("overwrite") switch
        {
            null or { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.True } => true,
            _ => throw Bad("'overwrite' is true or false"),
        };
        var job = await service.RestoreAsync(context.Caller().Project, id, target, overwrite, context.RequestAborted) switch
        {
            RestoreBackupOutcome.Queued queued => queued.Job,
            RestoreBackupOutcome.NoSuchBackup => throw BackupEndpoints.NoSuchBackup(id.ToString()),
            RestoreBackupOutcome.WrongState wrong => throw Bad(
                $"backup {id} is {wrong.Status.WireName()}; only an available one can be restored"
            ),
            RestoreBackupOutcome.TargetRefused refused => throw VbsErrors.Native(
                refused.Why is RestoreRefusal.Busy or RestoreRefusal.BackupRunning
                    ? StatusCodes.Status409Conflict
                    : StatusCodes.Status400BadRequest,
                refused.Message
            ),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        context.TellAudit($"job {job}");
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            job,
            static (json, job) =>
            {
                json.WriteStartObject();
                json.WriteString("job_id", job.Value);
                json.WriteEndObject();
            }
        );
    }

    private static RestoreTarget ReadTarget(JsonElement body) =>
        (body.TextMember("target"), body.TextMember("volume_id")) switch
        {
            ({ } device, null) => new RestoreTarget.Device(device),
            (null, { } text) => new RestoreTarget.Volume(
                VolumeId.TryParse(text, null, out var volume) ? volume : throw Bad($"there is no volume '{text}'")
            ),
            _ => throw Bad("give either 'target', a device or file, or 'volume_id'"),
        };

    private async Task PreviewAsync(HttpContext context)
    {
        var policy = PolicyEndpoints.PolicyOf(context, VbsErrors.NoSuchPolicy);
        var preview =
            await retention.OfPolicyAsync(context.Caller().Project, policy, context.RequestAborted)
            ?? throw VbsErrors.NoSuchPolicy(policy.ToString());
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            preview,
            static (json, preview) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("volumes");
                foreach (var volume in preview)
                {
                    WriteVolume(json, volume);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private static void WriteVolume(Utf8JsonWriter json, VolumeRetention volume)
    {
        json.WriteStartObject();
        json.WriteString("volume_id", volume.Volume.Value);
        json.WriteStartArray("backups");
        foreach (var decision in volume.Backups)
        {
            json.WriteStartObject();
            json.WriteString("backup_id", decision.Backup.Value);
            json.WriteString("name", decision.Name);
            json.WriteNativeTime("created_at", decision.CreatedAt);
            json.WriteBoolean("keep", decision.Keep);
            json.WriteString("reason", decision.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private async Task SetQuotaAsync(HttpContext context)
    {
        var project = context.Caller().Project;
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var (now, backups, gigabytes) = (
            await quotas.FindAsync(project, context.RequestAborted),
            ReadQuota(body.RootElement, "backups"),
            ReadQuota(body.RootElement, "backup_gigabytes")
        );
        var quota = now with { Backups = backups ?? now.Backups, BackupGigabytes = gigabytes ?? now.BackupGigabytes };
        await quotas.SetAsync(project, quota, context.RequestAborted);
        var usage = await quotas.UsageAsync(project, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (quota, usage),
            static (json, answer) => QuotaWire.Write(json, answer.quota, answer.usage)
        );
    }

    private static long? ReadQuota(JsonElement body, string name) =>
        body.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) && number >= Quota.Unlimited => number,
            _ => throw Bad($"'{name}' is a whole number, or -1 for as many as the project likes"),
        };

    private async Task StatsAsync(HttpContext context)
    {
        var stats = await repository.StatsAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (repository.Id, stats, last: await prunes.FindLastAsync(context.RequestAborted)),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteString("id", answer.Id);
                json.WriteNumber("backups", answer.stats.Backups);
                json.WriteNumber("data_packs", answer.stats.DataPacks);
                json.WriteNumber("map_packs", answer.stats.MapPacks);
                json.WriteNumber("data_bytes", answer.stats.DataBytes);
                json.WriteNumber("map_bytes", answer.stats.MapBytes);
                json.WriteNumber("index_bytes", answer.stats.IndexBytes);
                json.WriteNumber("manifest_bytes", answer.stats.ManifestBytes);
                json.WriteNumber("total_bytes", answer.stats.TotalBytes);
                json.WriteNumber("packs", answer.stats.DataPacks + answer.stats.MapPacks);
                WriteLast(json, answer.last);
                json.WriteEndObject();
            }
        );
    }

    private static void WriteLast(Utf8JsonWriter json, PruneEnd? last)
    {
        WriteNumber(json, "bytes_live", last?.Figures.BytesLive);
        WriteNumber(json, "bytes_unused", last?.Figures.BytesUnused);
        WriteNumber(json, "bytes_deleted", last?.Figures.BytesDeleted);
        if (last is not { } run)
        {
            json.WriteNull("last_prune");
            return;
        }

        json.WriteStartObject("last_prune");
        json.WriteString("ended_at", run.EndedAt);
        json.WriteNumber("bytes_freed", run.Figures.BytesFreed);
        json.WriteNumber("packs_deleted", run.Figures.PacksDeleted);
        json.WriteNumber("packs_rewritten", run.Figures.PacksRewritten);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
