using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What block storage services have more of, and clients ask for on their way: no snapshots, and no extensions.</summary>
internal sealed class FixedEndpoints : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/snapshots", NoSnapshotsAsync);
            routes.MapGet($"/{version}/{{project}}/snapshots/detail", NoSnapshotsAsync);
            routes.MapGet($"/{version}/{{project}}/extensions", context => NothingAsync(context, "extensions", count: null));
        }
    }

    private static Task NoSnapshotsAsync(HttpContext context)
    {
        _ = ListQuery.Read(context.Request.Query);
        return NothingAsync(
            context,
            "snapshots",
            MicroVersion.Of(context).HasCount && ListQuery.ReadSwitch(context.Request.Query, "with_count") ? 0 : null
        );
    }

    private static Task NothingAsync(HttpContext context, string member, long? count) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (member, count),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteStartArray(answer.member);
                json.WriteEndArray();
                if (answer.count is { } count)
                {
                    json.WriteNumber("count", count);
                }

                json.WriteEndObject();
            }
        );
}
