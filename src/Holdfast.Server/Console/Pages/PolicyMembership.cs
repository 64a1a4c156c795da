using System.Text.Json.Nodes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Console.Pages;

/// <summary>Puts volumes into policies and takes them out, for the pages of both.</summary>
internal sealed class PolicyMembership(ConsoleDoor door)
{
    /// <summary>The operation answers 200 also where volumes are refused: then the first reason is told.</summary>
    public async Task<ApiReply> JoinAsync(HttpContext context, ConsoleVisit visit, string policy, IEnumerable<string> volumes)
    {
        var reply = await door.CallAsync(
            context,
            visit,
            "POST",
            $"/v2/{visit.Project.Value}/backuppolicyresources",
            new JsonObject { ["backup_policy_id"] = policy, ["resources"] = ResourcesOf(volumes) }
        );
        return reply.IsGood && (reply.Body.ArrayMember("fail_resources") ?? []) is [var failed, ..]
            ? reply with { Status = StatusCodes.Status409Conflict, Reason = failed.TextMember("message") }
            : reply;
    }

    public Task<ApiReply> LeaveAsync(HttpContext context, ConsoleVisit visit, string policy, IEnumerable<string> volumes) =>
        door.CallAsync(
            context,
            visit,
            "POST",
            $"/v2/{visit.Project.Value}/backuppolicyresources/{policy}/deleted_resources",
            new JsonObject { ["resources"] = ResourcesOf(volumes) }
        );

    private static JsonArray ResourcesOf(IEnumerable<string> volumes) =>
        [.. volumes.Select(id => (JsonNode)new JsonObject { ["resource_id"] = id, ["resource_type"] = "volume" })];
}
