using System.Text.Json;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Admin;

/// <summary>Bytes a second that this service may move, set while it runs.</summary>
internal sealed class RateEndpoints(ServiceLimits limits) : IEndpoints
{
    private const string Read = "read_bytes_per_second";
    private const string StoreWrite = "store_write_bytes_per_second";
    private const string StoreRead = "store_read_bytes_per_second";
    private const string Hours = "hours";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/v1/{project}/limits", AnswerAsync).Needs(Role.Admin);
        routes.MapPut("/admin/v1/{project}/limits", SetAsync).Needs(Role.Admin);
    }

    /// <summary>What is not given stays as it is. All of it is read before any of it holds.</summary>
    private async Task SetAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var (read, write, storeRead) = (
            ReadRate(body.RootElement, Read),
            ReadRate(body.RootElement, StoreWrite),
            ReadRate(body.RootElement, StoreRead)
        );
        var given = body.RootElement.TextMember(Hours);
        DailyHours? hours = given is null or ""
            ? null
            : DailyHours.TryParse(given) ?? throw Bad($"'{Hours}' is like 08:00-18:30, in UTC, or empty for always, not '{given}'");
        await limits.ChangeAsync(
            set => new LimitsSet(
                read ?? set.Read,
                write ?? set.StoreWrite,
                storeRead ?? set.StoreRead,
                given is null ? set.Hours : hours
            ),
            context.RequestAborted
        );
        await AnswerAsync(context);
    }

    private Task AnswerAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            limits.Now,
            static (json, now) =>
            {
                json.WriteStartObject();
                json.WriteNumber(Read, now.Set.Read);
                json.WriteNumber(StoreWrite, now.Set.StoreWrite);
                json.WriteNumber(StoreRead, now.Set.StoreRead);
                json.WriteString(Hours, now.Set.Hours?.ToString());
                json.WriteBoolean("in_force", now.Holds);
                json.WriteEndObject();
            }
        );

    private static long? ReadRate(JsonElement body, string name) =>
        body.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) && IsRate(number) => number,
            _ => throw Bad($"'{name}' is a whole number from 0, for no limit, to {SettingsTree.LimitsSection.MostBytesPerSecond}"),
        };

    private static bool IsRate(long number) => number is >= 0 and <= SettingsTree.LimitsSection.MostBytesPerSecond;

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);
}
