using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Restores;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Single backups, OpenStack style: show, create, restore (contract, sections 6.5 to 6.8).</summary>
internal sealed class BackupEndpoints(
    BackupStore backups,
    BackupService service,
    VolumeStore volumes,
    VolumeFromBackup fromBackup,
    PublicAddress address
) : IEndpoints
{
    private static readonly string[] OrderMembers =
    [
        "volume_id",
        "name",
        "description",
        "container",
        "incremental",
        "force",
        "snapshot_id",
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapPost($"/{version}/{{project}}/backups", context => CreateAsync(context, version));
            routes.MapGet($"/{version}/{{project}}/backups/{{backup}}", context => ShowAsync(context, version));
            routes.MapPost($"/{version}/{{project}}/backups/{{backup}}/restore", RestoreAsync);
        }
    }

    /// <summary>The backup that the path names; one that is no id is one that does not exist: clients try names as ids first.</summary>
    public static BackupId BackupOf(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("backup") ?? "";
        return BackupId.TryParse(text, null, out var id) ? id : throw NoSuchBackup(text);
    }

    public static ApiException NoSuchBackup(string id) =>
        VbsErrors.Native(StatusCodes.Status404NotFound, $"Backup {id} could not be found.");

    private async Task ShowAsync(HttpContext context, string version)
    {
        var id = BackupOf(context);
        var backup = await backups.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new BackupEnvelope(BackupWire.Shown(backup, NativeView.Of(context, address, version))),
            OpenStackJson.Default.BackupEnvelope
        );
    }

    private async Task CreateAsync(HttpContext context, string version)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var order = ReadOrder(body.RootElement.ReadHolder("backup"), MicroVersion.Of(context));
        var project = context.Caller().Project;
        var id = await service.CreateAsync(project, order, context.RequestAborted) switch
        {
            CreateBackupOutcome.Queued queued => queued.Backup,
            CreateBackupOutcome.NoSuchVolume => throw VolumeEndpoints.NoSuchVolume(order.Volume.ToString()),
            CreateBackupOutcome.Busy busy => throw RequestMembers.Bad(busy.Message),
            CreateBackupOutcome.WrongState wrong => throw RequestMembers.Bad(wrong.Message),
            CreateBackupOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceededNative(full.Breach),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        var backup = await backups.FindAsync(project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        context.TellAudit($"made backup {id} of volume {order.Volume}");
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            new BackupSummaryEnvelope(BackupWire.Summary(backup, NativeView.Of(context, address, version))),
            OpenStackJson.Default.BackupSummaryEnvelope
        );
    }

    private static BackupOrder ReadOrder(JsonElement backup, MicroVersion version)
    {
        backup.RefuseOthers("backup", version.HasBackupMetadata ? [.. OrderMembers, "metadata"] : OrderMembers);
        var text = backup.TextMember("volume_id") is { Length: > 0 } given ? given : throw RequestMembers.Bad("'volume_id' is missing");
        var (name, description) = ReadTexts(backup);
        if (backup.TextMember("snapshot_id") is { Length: > 0 } snapshot)
        {
            throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"Snapshot {snapshot} could not be found: the service takes its own view of the volume; leave 'snapshot_id' out"
            );
        }

        // Whether it is to be forced is taken for its type only: no volume is ever attached.
        _ = backup.SwitchMember("force");
        return new BackupOrder
        {
            Volume = VolumeId.TryParse(text, null, out var volume)
                ? volume
                : throw RequestMembers.Bad($"'volume_id' is '{text}', which is no UUID; give a volume's id"),
            Name = string.IsNullOrEmpty(name) ? null : name,
            Description = description,
            Container = backup.ShortText("container") is { Length: > 0 } container ? container : null,
            Incremental = backup.SwitchMember("incremental"),
            Metadata = backup.ReadTexts("metadata") ?? [],
        };
    }

    /// <summary>What a backup is to be called and described by; null where it is not said.</summary>
    public static (string? Name, string? Description) ReadTexts(JsonElement backup)
    {
        var (name, description) = (backup.ShortText("name")?.Trim(), backup.ShortText("description")?.Trim());
        return !string.IsNullOrEmpty(name) && BackupNameRule.NativeTroubleOf(name) is { } trouble
            ? throw RequestMembers.Bad($"'name' {trouble}")
            : (name, description);
    }

    private async Task RestoreAsync(HttpContext context)
    {
        var (project, id) = (context.Caller().Project, BackupOf(context));
        var backup = await backups.FindAsync(project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var restore = body.RootElement.ReadHolder("restore");
        restore.RefuseOthers("restore", "volume_id", "name");
        var name = restore.TextMember("name");
        var target = restore.TextMember("volume_id") is { Length: > 0 } text
            ? await RestoreIntoAsync(context, backup, text)
            : await RestoreToNewAsync(context, backup, name);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            new RestoreEnvelope(new(id.ToString(), target.Id.ToString(), target.Name.Length == 0 ? null : target.Name)),
            OpenStackJson.Default.RestoreEnvelope
        );
    }

    /// <summary>Whoever names a volume of the project means that what it holds is replaced.</summary>
    private async Task<Volume> RestoreIntoAsync(HttpContext context, Backup backup, string text)
    {
        var project = context.Caller().Project;
        var volume =
            (VolumeId.TryParse(text, null, out var id) ? await volumes.FindAsync(project, id, context.RequestAborted) : null)
            ?? throw VolumeEndpoints.NoSuchVolume(text);
        return await service.RestoreAsync(project, backup.Id, new RestoreTarget.Volume(id), overwrite: true, context.RequestAborted) switch
        {
            RestoreBackupOutcome.Queued => volume,
            RestoreBackupOutcome.NoSuchBackup => throw NoSuchBackup(backup.Id.ToString()),
            RestoreBackupOutcome.WrongState wrong => throw NotAvailable(backup.Id, wrong.Status),
            RestoreBackupOutcome.TargetRefused refused => throw RequestMembers.Bad(refused.Message),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
    }

    private async Task<Volume> RestoreToNewAsync(HttpContext context, Backup backup, string? name)
    {
        if (!string.IsNullOrEmpty(name) && VolumeStore.NameTrouble(name) is { } trouble)
        {
            throw RequestMembers.Bad(trouble);
        }

        var called = string.IsNullOrEmpty(name) ? $"restore_backup_{backup.Id}" : name;
        return await fromBackup.CreateAsync(
            context.Caller().Project,
            backup.Id,
            made => new NewVolume
            {
                Name = called,
                Description = "auto-created_from_restore_from_backup",
                Metadata = made.VolumeMetadata,
                Type = made.VolumeType,
                Zone = made.Zone,
                User = context.Caller().Token.Account.Id.ToString(),
                SizeBytes = made.VolumeBytes,
            },
            context.RequestAborted
        ) switch
        {
            VolumeFromBackupOutcome.Queued queued => queued.Volume,
            VolumeFromBackupOutcome.WrongState wrong => throw NotAvailable(backup.Id, wrong.Status),
            VolumeFromBackupOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceededNative(full.Breach),
            _ => throw NoSuchBackup(backup.Id.ToString()),
        };
    }

    private static ApiException NotAvailable(BackupId id, BackupStatus status) =>
        RequestMembers.Bad($"backup {id} is {status.WireName()}; only an available one can be restored");
}
