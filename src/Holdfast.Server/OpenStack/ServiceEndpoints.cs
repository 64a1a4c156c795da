using Holdfast.Control.Processes;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>The roles of the process that answers under the names that block storage services give theirs, the other processes on its
/// catalog, and where volumes are made. For admins.</summary>
internal sealed class ServiceEndpoints(VolumeStore volumes, OwnedVolumes owned, ProcessStore processes, TimeProvider clock) : IEndpoints
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

    private async Task ListServicesAsync(HttpContext context)
    {
        var (query, hasCluster) = (context.Request.Query, MicroVersion.Of(context).Minor >= 7);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new StorageServiceListAnswer([
                .. (await RunningAsync(context.RequestAborted))
                    .Where(role => IsAsked(query, "binary", role.Binary) && IsAsked(query, "host", role.Host))
                    .Select(role => Of(role, hasCluster)),
            ]),
            OpenStackJson.Default.StorageServiceListAnswer
        );
    }

    /// <summary>The roles of this process, which is up as it answers, and the other processes, each by the role that it has whether or not
    /// anybody asks it anything: it carries out jobs.</summary>
    private async Task<IReadOnlyList<RunningRole>> RunningAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return
        [
            .. Roles.Select(role => new RunningRole(role.Binary, role.Host, now, IsUp: true)),
            .. (await processes.ListAsync(cancel))
                .Where(process => !process.IsThis)
                .Select(process => new RunningRole("cinder-backup", $"{Name}@{process.Host}", process.SeenAt, process.IsUp)),
        ];
    }

    private static StorageServiceAnswer Of(RunningRole role, bool hasCluster)
    {
        var answer = new StorageServiceAnswer(role.Binary, role.Host, VolumeWire.Zone, role.SeenAt)
        {
            State = role.IsUp ? "up" : "down",
            Cluster = hasCluster ? new(null) : default,
        };
        return role.Host == Backend ? answer with { ReplicationStatus = "disabled", ActiveBackendId = new(null), Frozen = false } : answer;
    }

    private async Task ListHostsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new HostListAnswer([
                .. (await RunningAsync(context.RequestAborted))
                    .Where(role => IsAsked(query, "service", role.Binary) && IsAsked(query, "zone", VolumeWire.Zone))
                    .Select(role => new HostAnswer(role.Host, role.Binary, VolumeWire.Zone, role.SeenAt)
                    {
                        ServiceStatus = role.IsUp ? "available" : "unavailable",
                    }),
            ]),
            OpenStackJson.Default.HostListAnswer
        );
    }

    /// <summary>Roles of one process are not switched one by one. To enable what is enabled is done; the rest is refused by its
    /// name.</summary>
    private async Task ChangeServiceAsync(HttpContext context)
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

        if (!(await RunningAsync(context.RequestAborted)).Any(role => role.Binary == name && role.Host == host))
        {
            throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"Service {RequestMembers.Shortened(name)} could not be found on host {RequestMembers.Shortened(host)}."
            );
        }

        if (action != "enable")
        {
            throw RequestMembers.Bad($"{name} cannot be disabled alone: it is a part of a process; stop that 'holdfast serve'");
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

    private sealed record RunningRole(string Binary, string Host, DateTimeOffset SeenAt, bool IsUp);
}
