using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Drills;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.OpenStack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>Restore drills: ordered by hand, and the evidence of all. For admins: what is damaged is named as it is stored.</summary>
internal sealed class DrillEndpoints(DrillStore drills) : IEndpoints
{
    /// <summary>Drills that a list has where nothing else is asked for.</summary>
    private const int UsualLimit = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admin/v1/{project}/drills", OrderAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/drills", ListAsync).Needs(Role.Admin);
        routes.MapGet("/admin/v1/{project}/drills/{drill}", ShowAsync).Needs(Role.Admin);
    }

    private async Task OrderAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => ListQuery.Bad("the request has no body"));
        var volume = ReadVolume(body.RootElement);
        var ordered = await drills.OrderAsync(context.Caller().Project, volume, context.RequestAborted) switch
        {
            DrillOrderOutcome.Ordered made => made.Drills,
            DrillOrderOutcome.NoSuchVolume => throw VolumeEndpoints.NoSuchVolume(volume?.ToString() ?? ""),
            DrillOrderOutcome.NothingToRestore => throw VbsErrors.Native(
                StatusCodes.Status409Conflict,
                $"volume {volume} has no available backup that could be restored"
            ),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        await WriteAsync(context, StatusCodes.Status202Accepted, ordered);
    }

    private static VolumeId? ReadVolume(JsonElement body)
    {
        var all = body.Member("all") switch
        {
            null or { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.True } => true,
            _ => throw ListQuery.Bad("'all' is true or false"),
        };
        return (body.TextMember("volume_id"), all) switch
        {
            (null, true) => null,
            ({ } text, false) => VolumeId.TryParse(text, null, out var id) ? id : throw VolumeEndpoints.NoSuchVolume(text),
            _ => throw ListQuery.Bad("give either 'volume_id', or 'all' as true"),
        };
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = ListQuery.ReadText(query, "limit") is null ? UsualLimit : ListQuery.Read(query).Limit;
        var project = context.Caller().Project;
        IReadOnlyList<Drill> found = ListQuery.ReadText(query, "volume_id") switch
        {
            null => await drills.ListAsync(project, null, limit, context.RequestAborted),
            var text when VolumeId.TryParse(text, null, out var volume) => await drills.ListAsync(
                project,
                volume,
                limit,
                context.RequestAborted
            ),
            _ => [],
        };
        await WriteAsync(context, StatusCodes.Status200OK, found);
    }

    private async Task ShowAsync(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("drill") ?? "";
        var found = DrillId.TryParse(text, null, out var id)
            ? await drills.FindAsync(context.Caller().Project, id, context.RequestAborted)
            : null;
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            found ?? throw VbsErrors.Native(StatusCodes.Status404NotFound, $"there is no drill '{text}'"),
            static (json, drill) =>
            {
                json.WriteStartObject();
                json.WritePropertyName("drill");
                Write(json, drill);
                json.WriteEndObject();
            }
        );
    }

    private static Task WriteAsync(HttpContext context, int status, IReadOnlyList<Drill> found) =>
        JsonAnswer.WriteAsync(
            context,
            status,
            found,
            static (json, found) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("drills");
                foreach (var drill in found)
                {
                    Write(json, drill);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );

    private static void Write(Utf8JsonWriter json, Drill drill)
    {
        json.WriteStartObject();
        json.WriteString("id", drill.Id.Value);
        json.WriteString("volume_id", drill.Volume.Value);
        json.WriteString("volume_name", drill.VolumeName);
        json.WriteString("status", NameOf(drill.State));
        json.WriteBoolean("by_hand", drill.IsByHand);
        json.WriteNativeTime("ordered_at", drill.OrderedAt);
        json.WriteNativeTime("began_at", drill.BeganAt);
        json.WriteNativeTime("ended_at", drill.EndedAt);
        json.WriteString("backup_id", drill.Backup?.ToString());
        json.WriteNumberOrNull("backup_number", drill.BackupNumber);
        json.WriteString(
            "choice",
            drill.Choice switch
            {
                DrillChoice.Newest => "newest",
                DrillChoice.Older => "older",
                _ => null,
            }
        );
        json.WriteNumberOrNull("choices", drill.Choices);
        json.WriteString("root", drill.Verified?.Root);
        json.WriteNumberOrNull("bytes_verified", drill.Verified?.BytesVerified);
        json.WriteNumberOrNull("bytes_zero", drill.Verified?.BytesZero);
        json.WriteNumberOrNull("bytes_read", drill.Verified?.BytesRead);
        json.WriteNumberOrNull("packs", drill.Verified?.Packs);
        json.WriteNumberOrNull("took_ms", (long?)drill.Verified?.Took.TotalMilliseconds);
        json.WriteString("command", drill.Command?.Command);
        json.WriteNumberOrNull("exit_code", drill.Command?.ExitCode);
        json.WriteString("output", drill.Command?.Output);
        json.WriteString("reason", drill.Reason);
        json.WriteString("job_id", drill.Job?.Value);
        json.WriteEndObject();
    }

    private static string NameOf(DrillState state) =>
        state switch
        {
            DrillState.Ordered => "ordered",
            DrillState.Running => "running",
            DrillState.Proven => "proven",
            DrillState.Damaged => "damaged",
            DrillState.Rejected => "rejected",
            _ => "failed",
        };
}
