using System.Globalization;
using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Quotas;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Holdfast.Server.OpenStack;

/// <summary>What the project has and may have, in the two shapes that block storage services tell it. Only backups are limited here;
/// volumes are counted.</summary>
internal sealed class LimitEndpoints(QuotaStore quotas, VolumeStore volumes, IOptions<QuotaOptions> options) : IEndpoints
{
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
        }
    }

    private async Task LimitsAsync(HttpContext context)
    {
        var project = context.Caller().Project;
        if (ListQuery.IsOfAnotherProject(context.Request.Query, project))
        {
            throw NotTold("another project");
        }

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
        var project = OwnOf(context);
        await WriteAsync(context, project, await ReadAsync(project, context.RequestAborted), withUsage);
    }

    /// <summary>What a project may have where nothing else is set for it.</summary>
    private Task DefaultsAsync(HttpContext context) =>
        WriteAsync(
            context,
            OwnOf(context),
            Amounts(new Quota(options.Value.Backups, options.Value.BackupGigabytes), new QuotaUsage(0, 0, 0, 0), []),
            withUsage: false
        );

    /// <summary>Sets the limits of backups. The others are what they are: whoever sends one as it is changes nothing, another value is
    /// refused, because nothing would hold to it.</summary>
    private async Task SetAsync(HttpContext context)
    {
        var (project, cancel) = (OwnOf(context), context.RequestAborted);
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var given = body.RootElement.ObjectMember("quota_set") ?? throw RequestMembers.Bad("'quota_set' is missing");
        var quota = await quotas.FindAsync(project, cancel);
        var fixedOnes = (await ReadAsync(project, cancel)).ToDictionary(amount => amount.Name, amount => amount.Limit);
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
                _ when fixedOnes.TryGetValue(name, out var now) && now == limit => quota,
                _ => throw RequestMembers.Bad($"'{name}' cannot be set here; what can be limited are 'backups' and 'backup_gigabytes'"),
            };
        }

        await quotas.SetAsync(project, quota, cancel);
        await WriteAsync(context, project: null, await ReadAsync(project, cancel), withUsage: false);
    }

    private async Task ResetAsync(HttpContext context)
    {
        await quotas.ResetAsync(OwnOf(context), context.RequestAborted);
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
            await volumes.ListAsync(project, cancel)
        );

    private static IReadOnlyList<Amount> Amounts(Quota quota, QuotaUsage usage, IReadOnlyList<Volume> volumes) =>
        [
            new("volumes", Quota.Unlimited, volumes.Count, 0),
            new("gigabytes", Quota.Unlimited, volumes.Sum(volume => (long)volume.SizeGib), 0),
            new("per_volume_gigabytes", OwnedVolumes.MaxSizeBytes >> 30, 0, 0),
            new("snapshots", 0, 0, 0),
            new("groups", 0, 0, 0),
            new("backups", quota.Backups, usage.Backups, usage.BackupsReserved),
            new("backup_gigabytes", quota.BackupGigabytes, usage.Gigabytes, usage.GigabytesReserved),
        ];

    /// <param name="project">Null where the answer does not name it.</param>
    private static Task WriteAsync(HttpContext context, ProjectId? project, IReadOnlyList<Amount> amounts, bool withUsage) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            (project, amounts, withUsage),
            static (json, answer) =>
            {
                json.WriteStartObject();
                json.WriteStartObject("quota_set");
                if (answer.project is { } project)
                {
                    json.WriteString("id", project.Value);
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

    private static ProjectId OwnOf(HttpContext context)
    {
        var (own, asked) = (context.Caller().Project, (string?)context.GetRouteValue("id") ?? "");
        return asked == own.Value ? own : throw NotTold($"'{asked}'");
    }

    /// <summary>404, over which "openstack quota list" goes on to the next project.</summary>
    private static ApiException NotTold(string whose) =>
        VbsErrors.Native(
            StatusCodes.Status404NotFound,
            $"there is no quota of {whose} for this token: a project's quota is told to a token for that project, by the project's id"
        );

    private sealed record Amount(string Name, long Limit, long Used, long Reserved);
}
