using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Lists of backups, OpenStack style, short and in detail (contract, sections 6.3 and 6.4).</summary>
internal sealed class BackupListEndpoints(BackupStore backups, PublicAddress address) : IEndpoints
{
    private static readonly Dictionary<string, BackupSortKey?> SortKeys = new(StringComparer.Ordinal)
    {
        ["created_at"] = BackupSortKey.CreatedAt,
        ["updated_at"] = BackupSortKey.UpdatedAt,
        ["name"] = BackupSortKey.Name,
        ["display_name"] = BackupSortKey.Name, // what the cinder command line makes of "name"
        ["status"] = BackupSortKey.Status,
        ["size"] = BackupSortKey.Size,
        ["id"] = BackupSortKey.Id,
        ["volume_id"] = BackupSortKey.Volume,

        ["data_timestamp"] = BackupSortKey.CreatedAt,

        // What all backups have the same of, or none has. The cinder command line offers the same keys for all its lists.
        ["availability_zone"] = null,
        ["bootable"] = null,
        ["reference"] = null,
        ["container_format"] = null,
        ["disk_format"] = null,
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/backups", context => ListAsync(context, version, isDetail: false));
            routes.MapGet($"/{version}/{{project}}/backups/detail", context => ListAsync(context, version, isDetail: true));
        }
    }

    /// <summary>Keys of the API's order as the catalog's; nothing for those that tell no two backups apart.</summary>
    public static IReadOnlyList<BackupSort> SortOf(ListQuery query)
    {
        var sort = new List<BackupSort>();
        foreach (var (name, descending) in query.Sort)
        {
            if (!SortKeys.TryGetValue(name, out var key))
            {
                throw ListQuery.Bad($"backups are not sorted by '{name}'; there are {string.Join(", ", SortKeys.Keys)}");
            }

            if (key is { } known && sort.All(s => s.Key != known))
            {
                sort.Add(new(known, descending));
            }
        }

        return sort.Count == 0 ? BackupPage.ByAge : sort;
    }

    private async Task ListAsync(HttpContext context, string version, bool isDetail)
    {
        var (scope, parameters, microversion) = (ListScope.Of(context), context.Request.Query, MicroVersion.Of(context));
        var query = ListQuery.Read(parameters);
        var sort = SortOf(query);
        var marker = query.Marker is { } text ? await FindMarkerAsync(context, scope, text) : (BackupId?)null;
        var filter = scope.IsEmpty ? null : ReadFilter(parameters, microversion);
        var found =
            filter is null || query.Limit == 0
                ? []
                : await backups.ListAsync(
                    scope.Project,
                    filter,
                    new BackupPage
                    {
                        Sort = sort,
                        Limit = query.Limit,
                        Offset = query.Offset,
                        Marker = marker,
                    },
                    context.RequestAborted
                );
        long? count =
            !microversion.HasCount || !ListQuery.ReadSwitch(parameters, "with_count") ? null
            : filter is null ? 0
            : await backups.CountAsync(scope.Project, filter, context.RequestAborted);
        var next = query.IsFull(found.Count, count) ? query.NextLink(context, address.Of(context), found[^1].Id.ToString()) : null;
        var view = NativeView.Of(context, address, version);
        var links = LinkAnswer.Next(next);
        await (
            isDetail
                ? JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status200OK,
                    new BackupListAnswer([.. found.Select(backup => BackupWire.Shown(backup, view))])
                    {
                        BackupsLinks = links,
                        Count = count,
                    },
                    OpenStackJson.Default.BackupListAnswer
                )
                : JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status200OK,
                    new BackupSummariesAnswer([.. found.Select(backup => BackupWire.Summary(backup, view))])
                    {
                        BackupsLinks = links,
                        Count = count,
                    },
                    OpenStackJson.Default.BackupSummariesAnswer
                )
        );
    }

    private async Task<BackupId> FindMarkerAsync(HttpContext context, ListScope scope, string text) =>
        BackupId.TryParse(text, null, out var id)
        && await backups.FindOwnerAsync(id, context.RequestAborted) is { } owner
        && (scope.Project is null || scope.Project == owner)
            ? id
            : throw BackupEndpoints.NoSuchBackup(text);

    /// <summary>Null when nothing can match.</summary>
    private static BackupFilter? ReadFilter(IQueryCollection query, MicroVersion version)
    {
        string? Part(string name) => version.HasPartFilters ? ListQuery.ReadText(query, name) : null;
        var (name, namePart, volumePart) = (ListQuery.ReadText(query, "name"), Part("name~"), Part("volume_id~"));
        if (ListQuery.ReadText(query, "volume_id") is { } volume && !VolumeId.TryParse(volume, null, out _))
        {
            return null;
        }

        if (((string?[])[name, namePart, volumePart]).Any(text => text?.Contains('\0', StringComparison.Ordinal) == true))
        {
            return null;
        }

        IEnumerable<BackupStatus>? statuses = ListQuery.ReadText(query, "status") is { } status ? BackupWire.StatusesNamed(status) : null;
        if (Part("status~") is { } statusPart)
        {
            statuses = (statuses ?? BackupStatuses.Shown).Intersect(BackupWire.StatusesWith(statusPart));
        }

        return statuses?.Any() == false
            ? null
            : new BackupFilter
            {
                Name = name,
                NamePart = namePart,
                Volume = ListQuery.ReadText(query, "volume_id") is { } id ? VolumeId.Parse(id, null) : null,
                VolumePart = volumePart,
                Statuses = statuses?.ToList(),
            };
    }
}
