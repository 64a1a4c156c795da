namespace Holdfast.Server.OpenStack;

/// <summary>A kind of thing that block storage services have and this one has none of.</summary>
/// <param name="Path">Behind the project.</param>
/// <param name="Member">Of the answer to a list.</param>
/// <param name="Single">Of the body that asks to make one.</param>
/// <param name="NotFound">What is said of an id, which stands for <c>{0}</c>.</param>
internal sealed record AbsentKind(string Path, string Member, string Single, string NotFound)
{
    /// <summary>Which minor microversion of 3 has the kind first; 0 for those that v2 has too.</summary>
    public int Least { get; init; }

    public bool HasDetail { get; init; }

    /// <summary>Whether one is shown by its id.</summary>
    public bool HasItems { get; init; } = true;

    public bool HasDelete { get; init; } = true;

    /// <summary>Whether only admins may list and show them.</summary>
    public bool IsForAdmins { get; init; }

    /// <summary>Whether only admins may make and delete them.</summary>
    public bool IsMadeByAdmins { get; init; }

    public bool HasCount { get; init; }

    /// <summary>Keys that lists are sorted by; null where nobody looks at them.</summary>
    public IReadOnlyList<string>? SortKeys { get; init; }

    /// <summary>What members may filter by from 3.31 on; null where nobody looks at it.</summary>
    public IReadOnlyList<string>? Filters { get; init; }

    /// <summary>What clients do instead of making one; null where there is nothing to make.</summary>
    public string? Instead { get; init; }

    /// <summary>The member of the body that names the volume that one is made of, or null.</summary>
    public string? Volume { get; init; }

    /// <summary>Further members that the body may have, where that is looked at.</summary>
    public IReadOnlyList<string> Beside { get; init; } = [];

    private static readonly string[] SortedByAll = ["id", "status", "created_at", "updated_at", "project_id", "user_id"];

    public static IReadOnlyList<AbsentKind> All { get; } =
    [
        new("snapshots", "snapshots", "snapshot", "Snapshot {0} could not be found.")
        {
            HasDetail = true,
            HasCount = true,
            SortKeys = [.. SortedByAll, "name", "display_name", "display_description", "volume_id", "volume_size", "progress"],
            Filters = ["name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota"],
            Instead = "a backup takes its own view of the volume: POST /backups",
            Volume = "volume_id",
            Beside = ["name", "display_name", "description", "force", "metadata"],
        },
        new("os-volume-transfer", "transfers", "transfer", "Transfer {0} could not be found.")
        {
            HasDetail = true,
            Instead = "a backup is shared with another project: POST /v2/{project}/os-vendor-backup-sharing",
            Volume = "volume_id",
            Beside = ["name"],
        },
        new("qos-specs", "qos_specs", "qos_specs", "No such QoS spec {0}.")
        {
            IsForAdmins = true,
            IsMadeByAdmins = true,
            Instead = "types are names without specifications",
        },
        new("consistencygroups", "consistencygroups", "consistencygroup", "Group {0} could not be found.")
        {
            HasDetail = true,
            HasDelete = false,
            Instead = "volumes are kept together by a backup policy: POST /v2/{project}/backuppolicy",
        },
        new("cgsnapshots", "cgsnapshots", "cgsnapshot", "GroupSnapshot {0} could not be found.")
        {
            HasDetail = true,
            Instead = "back up each volume: POST /backups",
        },
        new("messages", "messages", "message", "Message {0} could not be found.")
        {
            Least = 3,
            SortKeys = ["id", "event_id", "resource_uuid", "resource_type", "request_id", "message_level", "created_at"],
            Filters = ["resource_uuid", "resource_type", "event_id", "request_id", "message_level"],
        },
        new("clusters", "clusters", "cluster", "Cluster {0} could not be found.")
        {
            Least = 7,
            HasDetail = true,
            IsForAdmins = true,
            HasDelete = false,
        },
        new("group_types", "group_types", "group_type", "Group type {0} could not be found.")
        {
            Least = 11,
            IsMadeByAdmins = true,
            Instead = "volumes are kept together by a backup policy: POST /v2/{project}/backuppolicy",
        },
        new("groups", "groups", "group", "Group {0} could not be found.")
        {
            Least = 13,
            HasDetail = true,
            HasDelete = false,
            SortKeys = [.. SortedByAll, "name", "description", "availability_zone", "group_type_id"],
            Filters = ["name"],
            Instead = "volumes are kept together by a backup policy: POST /v2/{project}/backuppolicy",
        },
        new("group_snapshots", "group_snapshots", "group_snapshot", "GroupSnapshot {0} could not be found.")
        {
            Least = 14,
            HasDetail = true,
            SortKeys = [.. SortedByAll, "name", "description", "group_id", "group_type_id"],
            Filters = ["name", "status", "group_id"],
            Instead = "back up each volume: POST /backups",
        },
        new(
            "attachments",
            "attachments",
            "attachment",
            "Volume attachment could not be found with filter: attachment_id = {0}."
        )
        {
            Least = 27,
            HasDetail = true,
            SortKeys = ["id", "volume_id", "instance_uuid", "attach_status", "attach_mode", "created_at", "updated_at"],
            Filters = ["volume_id", "status", "instance_id", "attach_status"],
            Instead = "volumes are devices and files of the service's own machine; restore a backup to where it is needed",
            Volume = "volume_uuid",
            Beside = ["instance_uuid", "connector", "mode"],
        },
    ];
}
