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
    private const string Name = VolumeWire.Host;
    private const string Backend = VolumeWire.Backend;

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
            routes.MapPut($"/{version}/{{project}}/os-services/{{action}}", ChangeServiceAsync).Needs(Role.Admin);
            routes.MapGet($"/{version}/{{project}}/os-hosts", ListHostsAsync).Needs(Role.Admin);
            routes.MapGet($"/{version}/{{project}}/os-hosts/{{host}}", ShowHostAsync).Needs(Role.Admin);
            routes.MapPut($"/{version}/{{project}}/os-hosts/{{host}}", ChangeHostAsync).Needs(Role.Admin).ExcludeFromDescription();
            routes.MapGet($"/{version}/{{project}}/capabilities/{{host}}", ShowCapabilitiesAsync).Needs(Role.Admin);
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

    /// <summary>Roles of one process are not switched one by one. To enable what is enabled is done; the rest is refused by its
    /// name.</summary>
    private static async Task ChangeServiceAsync(HttpContext context)
    {
        var action = (string?)context.GetRouteValue("action") ?? "";
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var host = body.RootElement.TextMember("host") is { Length: > 0 } given ? given : throw RequestMembers.Bad("'host' is missing");
        if (action is not ("enable" or "disable" or "disable-log-reason"))
        {
            throw RequestMembers.Bad(
                $"'{RequestMembers.Shortened(action)}' cannot be done to a service here; 'holdfast serve' runs all of them, and stops them"
            );
        }

        var (service, binary) = (body.RootElement.TextMember("service"), body.RootElement.TextMember("binary"));
        var name = binary is { Length: > 0 } ? binary : service;
        if (string.IsNullOrEmpty(name))
        {
            throw RequestMembers.Bad("'binary' is missing");
        }

        if (action == "disable-log-reason" && string.IsNullOrWhiteSpace(body.RootElement.TextMember("disabled_reason")))
        {
            throw RequestMembers.Bad("'disabled_reason' is missing");
        }

        if (!Roles.Contains((name, host)))
        {
            throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"Service {RequestMembers.Shortened(name)} could not be found on host {RequestMembers.Shortened(host)}."
            );
        }

        if (action != "enable")
        {
            throw RequestMembers.Bad($"{name} cannot be disabled alone: it is a part of the process that answers; stop 'holdfast serve'");
        }

        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ServiceSwitchAnswer(Disabled: false, host, service ?? "", binary ?? "", "enabled"),
            OpenStackJson.Default.ServiceSwitchAnswer
        );
    }

    /// <summary>All volumes are said to be at the one place where the service makes them.</summary>
    private async Task ShowHostAsync(HttpContext context)
    {
        var host = (string?)context.GetRouteValue("host") ?? "";
        if (host != Backend)
        {
            throw NoSuchHost(host);
        }

        var all = await volumes.ListAsync(project: null, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new HostUsageAnswer([
                new(new HostResource(host, "(total)", all)),
                .. all.GroupBy(volume => volume.Project)
                    .OrderBy(group => group.Key.Value, StringComparer.Ordinal)
                    .Select(group => new HostResourceAnswer(new HostResource(host, group.Key.Value, [.. group]))),
            ]),
            OpenStackJson.Default.HostUsageAnswer
        );
    }

    private static Task ChangeHostAsync(HttpContext context)
    {
        var host = (string?)context.GetRouteValue("host") ?? "";
        throw Roles.Any(role => role.Host == host)
            ? RequestMembers.Bad($"host '{host}' cannot be enabled or disabled here: it is the process that answers; stop 'holdfast serve'")
            : NoSuchHost(host);
    }

    private static ApiException NoSuchHost(string host) =>
        VbsErrors.Native(StatusCodes.Status404NotFound, $"Host {RequestMembers.Shortened(host)} could not be found.");

    /// <summary>By the back end, or by its pool.</summary>
    private static Task ShowCapabilitiesAsync(HttpContext context)
    {
        var host = (string?)context.GetRouteValue("host") ?? "";
        return host is Backend or VolumeWire.Pool
            ? JsonAnswer.WriteAsync(
                context,
                StatusCodes.Status200OK,
                new CapabilitiesAnswer($"OS::Storage::Capabilities::{Backend}"),
                OpenStackJson.Default.CapabilitiesAnswer
            )
            : throw VbsErrors.Native(StatusCodes.Status404NotFound, $"Can't find service: {RequestMembers.Shortened(host)}");
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
