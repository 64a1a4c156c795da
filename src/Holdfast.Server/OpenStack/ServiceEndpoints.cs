using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>The service's own roles under the names that block storage services give theirs, and where it makes volumes. For
/// admins.</summary>
internal sealed class ServiceEndpoints(VolumeStore volumes, OwnedVolumes owned, TimeProvider clock) : IEndpoints
{
    private const string Name = "holdfast";
    private const string Backend = "holdfast@local";

    private static readonly (string Binary, string Host)[] Roles =
    [
        ("cinder-backup", Name),
        ("cinder-scheduler", Name),
        ("cinder-volume", Backend),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/os-services", ListServicesAsync).Needs(Role.Admin);
            routes.MapGet($"/{version}/{{project}}/os-hosts", ListHostsAsync).Needs(Role.Admin);
            routes.MapGet($"/{version}/{{project}}/scheduler-stats/get_pools", ListPoolsAsync).Needs(Role.Admin);
        }
    }

    private Task ListServicesAsync(HttpContext context)
    {
        var (query, now, hasCluster) = (context.Request.Query, clock.GetUtcNow(), MicroVersion.Of(context).Minor >= 7);
        return JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new StorageServiceListAnswer([
                .. Roles
                    .Where(role => IsAsked(query, "binary", role.Binary) && IsAsked(query, "host", role.Host))
                    .Select(role => Of(role.Binary, role.Host, now, hasCluster)),
            ]),
            OpenStackJson.Default.StorageServiceListAnswer
        );
    }

    private static StorageServiceAnswer Of(string binary, string host, DateTimeOffset now, bool hasCluster)
    {
        var answer = new StorageServiceAnswer(binary, host, VolumeWire.Zone, now) { Cluster = hasCluster ? new(null) : default };
        return host == Backend ? answer with { ReplicationStatus = "disabled", ActiveBackendId = new(null), Frozen = false } : answer;
    }

    private Task ListHostsAsync(HttpContext context)
    {
        var (query, now) = (context.Request.Query, clock.GetUtcNow());
        return JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new HostListAnswer([
                .. Roles
                    .Where(role => IsAsked(query, "service", role.Binary) && IsAsked(query, "zone", VolumeWire.Zone))
                    .Select(role => new HostAnswer(role.Host, role.Binary, VolumeWire.Zone, now)),
            ]),
            OpenStackJson.Default.HostListAnswer
        );
    }

    private async Task ListPoolsAsync(HttpContext context)
    {
        var capabilities = ListQuery.ReadSwitch(context.Request.Query, "detail") ? await CapabilitiesAsync(context) : null;
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new PoolListAnswer([new($"{Backend}#local") { Capabilities = capabilities }]),
            OpenStackJson.Default.PoolListAnswer
        );
    }

    private async Task<PoolCapabilities> CapabilitiesAsync(HttpContext context)
    {
        var (total, free) = await owned.FindSpaceAsync(context.RequestAborted);
        var allocated = await volumes.SumOwnedAsync(context.RequestAborted);
        return new(total >> 30, free >> 30, allocated >> 30, clock.GetUtcNow());
    }

    private static bool IsAsked(IQueryCollection query, string name, string value) =>
        ListQuery.ReadText(query, name) is not { } asked
        || asked == value
        // A machine's name stands for every back end on it.
        || (name == "host" && value.StartsWith(asked + "@", StringComparison.Ordinal));
}
