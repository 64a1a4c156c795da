using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Shares;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.OpenStack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>Sharing of backups with other projects: contract section 7. Refusals have the native form, like those of the calls it
/// resembles.</summary>
internal sealed class SharingEndpoints(ShareStore shares) : IEndpoints
{
    private const int MaxRecipients = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        const string Root = "/v2/{project}/os-vendor-backup-sharing";
        routes.MapPost(Root, ShareAsync);
        routes.MapGet(Root + "/detail", ListAsync);
        routes.MapGet(Root + "/count", CountAsync);
        routes.MapGet(Root + "/{share}", ShowAsync);
        routes.MapDelete(Root + "/{share}", CancelAsync);
    }

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    private static ApiException NoSuchShare(string id) => VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no sharing '{id}'");

    private async Task ShareAsync(HttpContext context)
    {
        var project = context.Caller().Project;
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var shared = body.RootElement.ObjectMember("shared") ?? throw Bad("'shared' is missing");
        var text = shared.TextMember("backup_id") is { Length: > 0 } given ? given : throw Bad("'backup_id' is missing");
        var recipients = ReadRecipients(shared, project);
        var backup = BackupId.TryParse(text, null, out var id) ? id : throw BackupEndpoints.NoSuchBackup(text);
        var made = await shares.ShareAsync(project, backup, recipients, context.RequestAborted) switch
        {
            ShareOutcome.Granted done => done.Shares,
            ShareOutcome.WrongState wrong => throw Bad(
                $"backup {backup} is {wrong.Status.WireName()}; only an available one can be shared"
            ),
            _ => throw BackupEndpoints.NoSuchBackup(text),
        };
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            made,
            static (json, made) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("shared");
                foreach (var share in made)
                {
                    json.WriteStartObject();
                    WriteShare(json, share);
                    json.WriteNull("deleted");
                    json.WriteNull("deleted_at");
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private static List<ProjectId> ReadRecipients(JsonElement shared, ProjectId project)
    {
        var ids = (shared.ArrayMember("to_project_ids") ?? [])
            .Select(element =>
                element.ValueKind == JsonValueKind.String
                    ? RequestBody.TextOf(element, "to_project_ids")
                    : throw Bad("'to_project_ids' is not an array of strings")
            )
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (ids.Count is 0 or > MaxRecipients)
        {
            throw Bad($"'to_project_ids' names 1 to {MaxRecipients} projects");
        }

        // Whether there are such projects is not told: a project cannot tell what others exist.
        return ids.All(id => id.Length is >= 1 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            ? !ids.Contains(project.Value, StringComparer.OrdinalIgnoreCase)
                ? [.. ids.Select(id => new ProjectId(id))]
                : throw Bad("a backup is not shared with its own project")
            : throw Bad("an id in 'to_project_ids' is no id of a project");
    }

    private async Task CancelAsync(HttpContext context)
    {
        var (project, text) = (context.Caller().Project, (string?)context.GetRouteValue("share") ?? "");
        if (ListQuery.ReadSwitch(context.Request.Query, "is_backup_id"))
        {
            if (!BackupId.TryParse(text, null, out var backup) || !await shares.CancelAllAsync(project, backup, context.RequestAborted))
            {
                throw BackupEndpoints.NoSuchBackup(text);
            }
        }
        else if (!Guid.TryParseExact(text, "D", out var id) || !await shares.CancelAsync(project, id, context.RequestAborted))
        {
            throw NoSuchShare(text);
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private async Task ListAsync(HttpContext context)
    {
        var (project, query) = (context.Caller().Project, ListQuery.Read(context.Request.Query, leastLimit: 1));
        var sort = BackupListEndpoints.SortOf(query);
        var list = ReadFilter(context.Request.Query) is { } filter
            ? await shares.ListAsync(project, filter, sort[0], query.Limit, query.Offset, context.RequestAborted)
            : [];
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            list,
            static (json, list) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("shared");
                foreach (var (share, backup) in list)
                {
                    WriteWithBackup(json, share, backup);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private async Task CountAsync(HttpContext context)
    {
        var count = ReadFilter(context.Request.Query) is { } filter
            ? await shares.CountAsync(context.Caller().Project, filter, context.RequestAborted)
            : 0;
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            count,
            static (json, count) =>
            {
                json.WriteStartObject();
                json.WriteNumber("count", count);
                json.WriteEndObject();
            }
        );
    }

    private async Task ShowAsync(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("share") ?? "";
        var found =
            (
                Guid.TryParseExact(text, "D", out var id)
                    ? await shares.FindAsync(context.Caller().Project, id, context.RequestAborted)
                    : null
            ) ?? throw NoSuchShare(text);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            found,
            static (json, found) =>
            {
                json.WriteStartObject();
                json.WritePropertyName("shared");
                WriteWithBackup(json, found.Share, found.Backup);
                json.WriteEndObject();
            }
        );
    }

    /// <summary>Null when nothing can match.</summary>
    private static ShareFilter? ReadFilter(IQueryCollection query)
    {
        string? Text(string name) => ListQuery.ReadText(query, name);
        var filter = new ShareFilter
        {
            ToMe = ListQuery.ReadSwitch(query, "share_to_me"),
            NamePart = Text("name"),
            Zone = Text("availability_zone") ?? Text("avalilability_zone"),
            From = Text("from_project_id"),
            To = Text("to_project_id"),
        };
        string?[] texts = [filter.NamePart, filter.Zone, filter.From, filter.To];
        if (texts.Any(text => text?.Contains('\0', StringComparison.Ordinal) == true))
        {
            return null;
        }

        if (Text("status") is { } status)
        {
            filter = filter with { Statuses = BackupWire.StatusesNamed(status) };
        }

        if (Text("backup_id") is { } backupText)
        {
            filter = BackupId.TryParse(backupText, null, out var backup) ? filter with { Backup = backup } : null;
        }

        if (Text("volume_id") is { } volumeText && filter is not null)
        {
            filter = VolumeId.TryParse(volumeText, null, out var volume) ? filter with { Volume = volume } : null;
        }

        return filter?.Statuses?.Count == 0 ? null : filter;
    }

    private static void WriteWithBackup(Utf8JsonWriter json, Share share, Backup backup)
    {
        json.WriteStartObject();
        WriteShare(json, share);
        json.WriteStartObject("backup");
        BackupWire.WriteFacts(json, backup);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteShare(Utf8JsonWriter json, Share share)
    {
        json.WriteString("id", share.Id);
        json.WriteString("backup_id", share.Backup.Value);
        json.WriteString("from_project_id", share.From.Value);
        json.WriteString("to_project_id", share.To.Value);
        json.WriteNativeTime("created_at", share.CreatedAt);
        json.WriteNull("updated_at");
    }
}
