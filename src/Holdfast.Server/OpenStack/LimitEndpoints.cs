using System.Globalization;
using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Quotas;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What a project has and may have, in the shapes that block storage services tell it. Admins ask for, and set, any project's.
/// </summary>
internal sealed class LimitEndpoints(QuotaStore quotas, ProjectStore projects) : IEndpoints
{
    private static readonly string[] Limited =
    [
        "volumes",
        "gigabytes",
        "per_volume_gigabytes",
        "snapshots",
        "groups",
        "backups",
        "backup_gigabytes",
    ];

    private static readonly QuotaUsage NoBackups = new(0, 0, 0, 0);
    private static readonly VolumeUsage NoVolumes = new(0, 0);

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/limits", LimitsAsync);
            routes.MapGet(
                $"/{version}/{{project}}/os-quota-sets/{{id}}",
                context => QuotaAsync(context, ListQuery.ReadSwitch(context.Request.Query, "usage"))
            );
            routes.MapGet($"/{version}/{{project}}/os-quota-sets/{{id}}/detail", context => QuotaAsync(context, withUsage: true));
            routes.MapGet($"/{version}/{{project}}/os-quota-sets/{{id}}/defaults", DefaultsAsync);
            routes.MapPut($"/{version}/{{project}}/os-quota-sets/{{id}}", SetAsync).Needs(Role.Admin);
            routes.MapDelete($"/{version}/{{project}}/os-quota-sets/{{id}}", ResetAsync).Needs(Role.Admin);
            routes.MapGet($"/{version}/{{project}}/os-quota-class-sets/{{class}}", ClassAsync).Needs(Role.Admin);
            routes
                .MapPut($"/{version}/{{project}}/os-quota-class-sets/{{class}}", SetClassAsync)
                .Needs(Role.Admin)
                .ExcludeFromDescription();
        }
    }

    private async Task LimitsAsync(HttpContext context)
    {
        var asked = ((string[])["project_id", "tenant_id"])
            .SelectMany(name => context.Request.Query[name])
            .FirstOrDefault(value => !string.IsNullOrEmpty(value));
        var project = await NamedAsync(context, asked ?? context.Caller().Project.Value);
        var all = await ReadAsync(project, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            all.ToDictionary(amount => amount.Name),
            static (json, amounts) =>
            {
                json.WriteStartObject();
                json.WriteStartObject("limits");
                json.WriteStartArray("rate");
                json.WriteEndArray();
                json.WriteStartObject("absolute");
                foreach (
                    var (name, limit, used) in ((string, string, string)[])
                        [
                            ("volumes", "maxTotalVolumes", "totalVolumesUsed"),
                            ("snapshots", "maxTotalSnapshots", "totalSnapshotsUsed"),
                            ("gigabytes", "maxTotalVolumeGigabytes", "totalGigabytesUsed"),
                            ("backups", "maxTotalBackups", "totalBackupsUsed"),
                            ("backup_gigabytes", "maxTotalBackupGigabytes", "totalBackupGigabytesUsed"),
                        ]
                )
                {
                    json.WriteNumber(limit, amounts[name].Limit);
                    json.WriteNumber(used, amounts[name].Used + amounts[name].Reserved);
                }

                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndObject();
            }
        );
    }

    private async Task QuotaAsync(HttpContext context, bool withUsage)
    {
        var project = await NamedAsync(context, (string?)context.GetRouteValue("id") ?? "");
        await WriteAsync(context, project.Value, await ReadAsync(project, context.RequestAborted), withUsage);
    }

    /// <summary>What a project may have where nothing else is set for it.</summary>
    private async Task DefaultsAsync(HttpContext context)
    {
        var project = await NamedAsync(context, (string?)context.GetRouteValue("id") ?? "");
        await WriteAsync(context, project.Value, Amounts(quotas.Default, NoBackups, NoVolumes), withUsage: false);
    }

    /// <summary>There is one class, that of all projects: whatever it is called, it is what the settings say.</summary>
    private Task ClassAsync(HttpContext context) =>
        WriteAsync(
            context,
            (string?)context.GetRouteValue("class") ?? "",
            Amounts(quotas.Default, NoBackups, NoVolumes),
            withUsage: false,
            "quota_class_set"
        );

    private static Task SetClassAsync(HttpContext context) =>
        throw RequestMembers.Bad(
            $"quota class '{RequestMembers.Shortened((string?)context.GetRouteValue("class") ?? "")}' cannot be set here: what a project "
                + "may have for which nothing is set are the service's settings Quotas:Backups, Quotas:BackupGigabytes, Quotas:Volumes "
                + "and Quotas:Gigabytes; 'os-quota-sets' sets it for one project"
        );

    /// <summary>Sets limits; those that are not named stay.</summary>
    private async Task SetAsync(HttpContext context)
    {
        var (project, cancel) = (
            await NamedAsync(context, (string?)context.GetRouteValue("id") ?? ""),
            context.RequestAborted
        );
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var given = body.RootElement.ObjectMember("quota_set") ?? throw RequestMembers.Bad("'quota_set' is missing");
        var quota = await quotas.FindAsync(project, cancel);
        foreach (var member in given.EnumerateObject())
        {
            var name = RequestBody.NameOf(member);
            if (name is "tenant_id" or "force" or "skip_validation")
            {
                continue;
            }

            var limit = ReadLimit(member.Value, name);
            quota = name switch
            {
                "backups" => quota with { Backups = limit },
                "backup_gigabytes" => quota with { BackupGigabytes = limit },
                "volumes" => quota with { Volumes = limit },
                "gigabytes" => quota with { Gigabytes = limit },
                "per_volume_gigabytes" => quota with { PerVolumeGigabytes = limit },
                "snapshots" => quota with { Snapshots = limit },
                "groups" => quota with { Groups = limit },
                _ => throw RequestMembers.Bad(
                    $"'{RequestMembers.Shortened(name)}' cannot be limited here; what can are {string.Join(", ", Limited)}"
                ),
            };
        }

        await quotas.SetAsync(project, quota, cancel);
        await WriteAsync(context, id: null, await ReadAsync(project, cancel), withUsage: false);
    }

    private async Task ResetAsync(HttpContext context)
    {
        await quotas.ResetAsync(await NamedAsync(context, (string?)context.GetRouteValue("id") ?? ""), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    /// <summary>Clients send numbers as texts too.</summary>
    private static long ReadLimit(JsonElement value, string name) =>
        RequestBody.NumberText(value, name) is { } text
        && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit)
        && limit >= Quota.Unlimited
            ? limit
            : throw RequestMembers.Bad($"'{name}' is a whole number, or -1 for as many as the project likes");

    private async Task<IReadOnlyList<Amount>> ReadAsync(ProjectId project, CancellationToken cancel) =>
        Amounts(
            await quotas.FindAsync(project, cancel),
            await quotas.UsageAsync(project, cancel),
            await quotas.VolumeUsageAsync(project, cancel)
        );

    private static IReadOnlyList<Amount> Amounts(Quota quota, QuotaUsage usage, VolumeUsage volumes) =>
        [
            new("volumes", quota.Volumes, volumes.Volumes, 0),
            new("gigabytes", quota.Gigabytes, volumes.Gigabytes, 0),
            new("per_volume_gigabytes", quota.PerVolumeGigabytes, 0, 0),
            new("snapshots", quota.Snapshots, 0, 0),
            new("groups", quota.Groups, 0, 0),
            new("backups", quota.Backups, usage.Backups, usage.BackupsReserved),
            new("backup_gigabytes", quota.BackupGigabytes, usage.Gigabytes, usage.GigabytesReserved),
        ];

    /// <param name="id">Null where the answer does not name what it is of.</param>
    private static Task WriteAsync(
        HttpContext context,
        string? id,
        IReadOnlyList<Amount> amounts,
        bool withUsage,
        string holder = "quota_set"
    ) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (id, amounts, withUsage, holder),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteStartObject(answer.holder);
                if (answer.id is { } id)
                {
                    json.WriteString("id", id);
                }

                foreach (var amount in answer.amounts)
                {
                    if (!answer.withUsage)
                    {
                        json.WriteNumber(amount.Name, amount.Limit);
                        continue;
                    }

                    json.WriteStartObject(amount.Name);
                    json.WriteNumber("limit", amount.Limit);
                    json.WriteNumber("in_use", amount.Used);
                    json.WriteNumber("reserved", amount.Reserved);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }
        );

    /// <summary>The project that is named: one's own, or for admins any that is known. Others are not told whether it is.</summary>
    private async Task<ProjectId> NamedAsync(HttpContext context, string asked)
    {
        var (caller, named) = (context.Caller(), new ProjectId(asked));
        if (named == caller.Project)
        {
            return named;
        }

        if (!caller.IsAdmin)
        {
            // Over which "openstack quota list" goes on to the next project.
            throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"there is no quota of '{RequestMembers.Shortened(asked)}' for this token: a project's quota is told to a token for that "
                    + "project, by the project's id, or to an admin"
            );
        }

        return await projects.FindAsync(named, context.RequestAborted) is not null
            ? named
            : throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"there is no project '{RequestMembers.Shortened(asked)}'; name one by its id (those of a Keystone are known from their "
                    + "first request on)"
            );
    }

    private sealed record Amount(string Name, long Limit, long Used, long Reserved);
}
