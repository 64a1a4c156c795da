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
    private const int MaxDescription = 255;

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

    public static ApiException NoSuchBackup(string id) => VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no backup '{id}'");

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    private async Task ShowAsync(HttpContext context, string version)
    {
        var id = BackupOf(context);
        var backup = await backups.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (backup, version, address: address.Of(context)),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WritePropertyName("backup");
                BackupWire.Write(json, answer.backup, answer.address, answer.version);
                json.WriteEndObject();
            }
        );
    }

    private async Task CreateAsync(HttpContext context, string version)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var order = ReadOrder(body.RootElement.ObjectMember("backup") ?? throw Bad("'backup' is missing"));
        var project = context.Caller().Project;
        var id = await service.CreateAsync(project, order, context.RequestAborted) switch
        {
            CreateBackupOutcome.Queued queued => queued.Backup,
            CreateBackupOutcome.NoSuchVolume => throw VolumeEndpoints.NoSuchVolume(order.Volume.ToString()),
            CreateBackupOutcome.Busy busy => throw Bad(busy.Message),
            CreateBackupOutcome.WrongState wrong => throw Bad(wrong.Message),
            CreateBackupOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceededNative(full.Breach),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        var backup = await backups.FindAsync(project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            (backup, version, address: address.Of(context)),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WritePropertyName("backup");
                BackupWire.WriteSummary(json, answer.backup, answer.address, answer.version);
                json.WriteEndObject();
            }
        );
    }

    private static BackupOrder ReadOrder(JsonElement backup)
    {
        var text = backup.TextMember("volume_id") is { Length: > 0 } given ? given : throw Bad("'volume_id' is missing");
        var (name, description) = ReadTexts(backup);
        if (backup.TextMember("snapshot_id") is { Length: > 0 } snapshot)
        {
            throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"there is no snapshot '{snapshot}': the service takes its own view of the volume; leave 'snapshot_id' out"
            );
        }

        // Taken for their type only: the first backup of a volume is a full one, the others are incremental, nothing is put into a
        // container, and no volume is ever attached so that it would have to be forced.
        _ = (backup.SwitchMember("incremental"), backup.TextMember("container"), backup.SwitchMember("force"));
        return new BackupOrder
        {
            Volume = VolumeId.TryParse(text, null, out var volume) ? volume : throw VolumeEndpoints.NoSuchVolume(text),
            Name = string.IsNullOrEmpty(name) ? null : name,
            Description = description,
        };
    }

    /// <summary>What a backup is to be called and described by; null where it is not said.</summary>
    public static (string? Name, string? Description) ReadTexts(JsonElement backup)
    {
        var (name, description) = (backup.TextMember("name"), backup.TextMember("description"));
        if (!string.IsNullOrEmpty(name) && BackupNameRule.TroubleOf(name) is { } trouble)
        {
            throw Bad($"'name' {trouble.Message}");
        }

        if (
            description is not null
            && (description.EnumerateRunes().Count() > MaxDescription || description.AsSpan().IndexOfAny('<', '>') >= 0)
        )
        {
            throw Bad($"'description' has at most {MaxDescription} characters and neither '<' nor '>'");
        }

        return (name, description);
    }

    private async Task RestoreAsync(HttpContext context)
    {
        var (project, id) = (context.Caller().Project, BackupOf(context));
        var backup = await backups.FindAsync(project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var restore = body.RootElement.ObjectMember("restore") ?? throw Bad("'restore' is missing");
        var name = restore.TextMember("name");
        var target = restore.TextMember("volume_id") is { Length: > 0 } text
            ? await RestoreIntoAsync(context, backup, text)
            : await RestoreToNewAsync(context, backup, name);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status202Accepted,
            (id, target),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteStartObject("restore");
                json.WriteString("backup_id", answer.id.Value);
                json.WriteString("volume_id", answer.target.Id.Value);
                json.WriteString("volume_name", answer.target.Name);
                json.WriteEndObject();
                json.WriteEndObject();
            }
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
            RestoreBackupOutcome.TargetRefused refused => throw Bad(refused.Message),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
    }

    private async Task<Volume> RestoreToNewAsync(HttpContext context, Backup backup, string? name)
    {
        if (!string.IsNullOrEmpty(name) && VolumeStore.NameTrouble(name) is { } trouble)
        {
            throw Bad(trouble);
        }

        var called = string.IsNullOrEmpty(name) ? $"restore_backup_{backup.Id}" : name;
        return await fromBackup.CreateAsync(
            context.Caller().Project,
            backup.Id,
            made => new NewVolume { Name = called, SizeBytes = made.VolumeBytes },
            context.RequestAborted
        ) switch
        {
            VolumeFromBackupOutcome.Queued queued => queued.Volume,
            VolumeFromBackupOutcome.WrongState wrong => throw NotAvailable(backup.Id, wrong.Status),
            _ => throw NoSuchBackup(backup.Id.ToString()),
        };
    }

    private static ApiException NotAvailable(BackupId id, BackupStatus status) =>
        Bad($"backup {id} is {status.WireName()}; only an available one can be restored");
}
