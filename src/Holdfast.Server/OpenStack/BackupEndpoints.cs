using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Engine;
using Holdfast.Server.Errors;
using Holdfast.Server.Hosting;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Backups, OpenStack style, as far as the command line needs them: detail list, show, delete (contract sections 6.4, 6.5, 6.8).</summary>
internal sealed class BackupEndpoints(BackupStore backups, BackupService service, PublicAddress address)
{
    private const int MaxLimit = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/backups/detail", ListAsync);
            routes.MapGet($"/{version}/{{project}}/backups/{{backup}}", ShowAsync);
            routes.MapDelete($"/{version}/{{project}}/backups/{{backup}}", DeleteAsync);
        }
    }

    /// <summary>The backup that the path names; one that is no id is one that does not exist: clients try names as ids first.</summary>
    public static BackupId BackupOf(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("backup") ?? "";
        return BackupId.TryParse(text, null, out var id) ? id : throw NoSuchBackup(text);
    }

    public static ApiException NoSuchBackup(string id) => VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no backup '{id}'");

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var project = context.Caller().Project;
        var marker = query["marker"].ToString() is { Length: > 0 } text ? BackupId.TryParse(text, null, out var id) ? id : throw NoSuchBackup(text) : (BackupId?)null;
        if (marker is { } after && await backups.FindAsync(project, after, context.RequestAborted) is null)
        {
            throw NoSuchBackup(after.ToString());
        }

        var limit = ReadLimit(query["limit"].ToString());
        var list = ReadFilter(query) is { } filter ? await backups.ListAsync(project, filter, limit, marker, context.RequestAborted) : [];
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, (list, base_: address.Of(context)), static (json, answer) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("backups");
            foreach (var backup in answer.list)
            {
                BackupWire.Write(json, backup, answer.base_);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task ShowAsync(HttpContext context)
    {
        var id = BackupOf(context);
        var backup = await backups.FindAsync(context.Caller().Project, id, context.RequestAborted) ?? throw NoSuchBackup(id.ToString());
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, (backup, base_: address.Of(context)), static (json, answer) =>
        {
            json.WriteStartObject();
            json.WritePropertyName("backup");
            BackupWire.Write(json, answer.backup, answer.base_);
            json.WriteEndObject();
        });
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var id = BackupOf(context);
        switch (await service.DeleteAsync(context.Caller().Project, id, context.RequestAborted))
        {
            case DeleteBackupOutcome.NoSuchBackup:
                throw NoSuchBackup(id.ToString());
            case DeleteBackupOutcome.WrongState wrong:
                throw VbsErrors.Native(StatusCodes.Status400BadRequest, $"backup {id} is {BackupWire.NameOf(wrong.Status)}; only one that is available or in error can be deleted");
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    /// <summary>Null when nothing can match.</summary>
    private static BackupFilter? ReadFilter(IQueryCollection query)
    {
        var filter = new BackupFilter();
        if (query["name"].ToString() is { Length: > 0 } name)
        {
            filter = filter with { Name = name };
        }

        if (query["status"].ToString() is { Length: > 0 } status)
        {
            filter = BackupWire.FindStatus(status) is { } known ? filter with { Status = known } : null;
        }

        if (query["volume_id"].ToString() is { Length: > 0 } volume)
        {
            filter = VolumeId.TryParse(volume, null, out var id) && filter is not null ? filter with { Volume = id } : null;
        }

        return filter?.Name?.Contains('\0', StringComparison.Ordinal) == true ? null : filter;
    }

    private static int ReadLimit(string text)
    {
        if (text.Length == 0)
        {
            return MaxLimit;
        }

        return text.All(char.IsAsciiDigit) && text.TrimStart('0').Length > 0
            ? long.TryParse(text, out var limit) ? (int)Math.Min(limit, MaxLimit) : MaxLimit
            : throw VbsErrors.Native(StatusCodes.Status400BadRequest, $"'limit' is a whole number, at least 1, not '{text}'");
    }
}
