namespace Holdfast.Server.Tests.OpenApi;

/// <summary>
/// The contract's operations (sections 1, 3 to 7, and the index in 8) as literal data: status, parameters of the query, members of the
/// request and of the answer. A ? stands behind what may be left out. What the contract says in prose of ranges and words is in
/// <see cref="Words"/>.
/// </summary>
internal static class ContractMembers
{
    private const string Schedule =
        "scheduled_policy.frequency?:integer scheduled_policy.week_frequency?[]:string scheduled_policy.rentention_num?:integer "
            + "scheduled_policy.rentention_day?:integer";
    private const string Resource = "resource_id:string resource_type:string availability_zone:string os_vol_host_attr:string";
    private const string Summary = "id:string name:null|string links[].rel:string links[].href:string";
    private const string Facts =
        "id:string name:null|string status:string description:null|string volume_id:string snapshot_id:null|string size:integer "
            + "object_count:integer container:null|string availability_zone:string fail_reason:null|string created_at:string "
            + "updated_at:null|string data_timestamp:string is_incremental:boolean has_dependent_backups:boolean";
    private const string SharedFacts = Facts + " service_metadata?:string";
    private const string Backup =
        Facts
        + " service_metadata?:string metadata?.*:string links[].rel:string links[].href:string "
        + "os-bak-tenant-attr:tenant_id?:string os-backup-project-attr:project_id?:string";
    private const string Sharing =
        "id:string backup_id:string from_project_id:string to_project_id:string created_at:null|string updated_at:null|string";
    private const string NativeQuery =
        "name:string status:string volume_id:string limit:integer offset:integer marker:string sort:string sort_key:string "
            + "sort_dir:string with_count:boolean name~:string status~:string volume_id~:string all_tenants:string";
    private const string NextLink = " backups_links?[].rel:string backups_links?[].href:string count?:integer";
    private const string SharingQuery =
        "share_to_me:boolean volume_id:string status:string backup_id:string from_project_id:string to_project_id:string name:string "
            + "avalilability_zone:string";
    private const string Tasks =
        "tasks[].job_id:string tasks[].status:string tasks[].created_at:string tasks[].finished_at?:string tasks[].backup_name?:string "
            + "tasks[].resource_id:string tasks[].resource_type:string tasks[].vbs_job_id?:string tasks[].fail_reason?:string "
            + "tasks[].code?:string tasks[].message?:string";
    private const string Version =
        "id:string status:string version:string min_version:string updated:string media-types[].base:string media-types[].type:string "
            + "links[].rel:string links[].href:string";

    /// <summary>Section, operation, status, query, request, answer.</summary>
    public static readonly IReadOnlyList<(string Operation, int Status, string Query, string Request, string Answer)> All =
    [
        // 1
        (
            "GET /v2/{project}/backuppolicy/{policy}/backuptasks",
            200,
            "sort_key:string sort_dir:string limit:integer offset:integer marker:string job_id:string status:string",
            "",
            "count:integer " + Tasks
        ),
        // 3
        (
            "POST /v2/{project}/backuppolicy",
            200,
            "",
            "backup_policy_name:string scheduled_policy.start_time:string scheduled_policy.status:string "
                + "scheduled_policy.remain_first_backup_of_curMonth?:string "
                + Schedule
                + " tags?[].key:string tags?[].value:string time_zone?:string",
            "backup_policy_id:string"
        ),
        (
            "GET /v2/{project}/backuppolicy",
            200,
            "",
            "",
            In(
                "backup_policies[]",
                "backup_policy_id:string backup_policy_name:string policy_resource_count:integer time_zone?:string "
                    + "scheduled_policy.start_time:string scheduled_policy.status:string "
                    + "scheduled_policy.remain_first_backup_of_curMonth:string "
                    + Schedule
            )
        ),
        (
            "PUT /v2/{project}/backuppolicy/{policy}",
            200,
            "",
            "backup_policy_name?:string scheduled_policy?.start_time?:string scheduled_policy?.status?:string "
                + "scheduled_policy?.remain_first_backup_of_curMonth?:string "
                + Schedule.Replace("policy.", "policy?.", StringComparison.Ordinal)
                + " time_zone?:string",
            "backup_policy_id:string"
        ),
        ("DELETE /v2/{project}/backuppolicy/{policy}", 204, "", "", ""),
        (
            "POST /v2/{project}/backuppolicyresources",
            200,
            "",
            "backup_policy_id:string resources[].resource_id:string resources[].resource_type:string",
            In("success_resources[]", Resource)
                + " "
                + In(
                    "fail_resources[]",
                    Resource.Replace("zone:", "zone?:", StringComparison.Ordinal).Replace("attr:", "attr?:", StringComparison.Ordinal)
                        + " code:string message:string"
                )
        ),
        (
            "POST /v2/{project}/backuppolicyresources/{policy}/deleted_resources",
            200,
            "",
            "resources[].resource_id:string",
            "success_resources[].resource_id:string " + In("fail_resources[]", "resource_id:string code:string message:string")
        ),
        ("POST /v2/{project}/backuppolicy/{policy}/action", 204, "", "", ""),
        // 4
        ("POST /v2/{project}/backuppolicy/{policy}/tags", 204, "", "tag.key:string tag.value:string", ""),
        ("DELETE /v2/{project}/backuppolicy/{policy}/tags/{key}", 204, "", "", ""),
        ("GET /v2/{project}/backuppolicy/{policy}/tags", 200, "", "", "tags[].key:string tags[].value:string"),
        ("GET /v2/{project}/backuppolicy/tags", 200, "", "", "tags[].key:string tags[].values[]:string"),
        ("POST /v2/{project}/backuppolicy/{policy}/tags/action", 204, "", "action:string tags?[].key:string tags?[].value?:string", ""),
        (
            "POST /v2/{project}/backuppolicy/resource_instances/action",
            200,
            "",
            "action:string tags?[].key:string tags?[].values[]:string tags_any?[].key:string tags_any?[].values[]:string "
                + "not_tags?[].key:string not_tags?[].values[]:string not_tags_any?[].key:string not_tags_any?[].values[]:string "
                + "matches?[].key:string matches?[].value?:string limit?:integer|string offset?:integer|string",
            "total_count:integer resources?[].resource_id:string resources?[].resource_name:string resources?[].resource_detail:null "
                + "resources?[].tags[].key:string resources?[].tags[].value:string"
        ),
        // 5
        (
            "POST /v2/{project}/cloudbackups",
            200,
            "",
            In(
                "backup",
                "volume_id:string name:string snapshot_id?:string description?:string tags?[].key:string tags?[].value:string "
                    + "extend_param?.FullBackup?:boolean|string"
            ),
            "job_id:string"
        ),
        ("POST /v2/{project}/cloudbackups/{backup}", 200, "", "", "job_id:string"),
        ("POST /v2/{project}/cloudbackups/{backup}/restore", 200, "", "restore.volume_id:string", "job_id:string"),
        (
            "GET /{v1|v2}/{project}/jobs/{job}",
            200,
            "",
            "",
            "status:string job_id:string job_type:string entities.backup_id?:string entities.volume_id?:string begin_time:string "
                + "end_time:null|string error_code:null|string fail_reason:null|string"
        ),
        (
            "GET /v2/{project}/cloudbackups/quota",
            200,
            "",
            "",
            In("quotas.resources[]", "type:string used:integer reserved:integer quota:integer")
        ),
        // 6
        ("GET /", 300, "", "", In("versions[]", Version)),
        ("GET /{v2|v3}", 200, "", "", In("versions[]", Version)),
        ("GET /{v2|v3}/{project}/backups", 200, NativeQuery, "", In("backups[]", Summary) + NextLink),
        ("GET /{v2|v3}/{project}/backups/detail", 200, NativeQuery, "", In("backups[]", Backup) + NextLink),
        ("GET /{v2|v3}/{project}/backups/{backup}", 200, "", "", In("backup", Backup)),
        (
            "POST /{v2|v3}/{project}/backups",
            202,
            "",
            In(
                "backup",
                "volume_id:string snapshot_id?:string name?:string description?:string container?:string incremental?:boolean "
                    + "force?:boolean metadata?.*:string"
            ),
            In("backup", Summary)
        ),
        (
            "POST /{v2|v3}/{project}/backups/{backup}/restore",
            202,
            "",
            "restore.volume_id?:string restore.name?:string",
            In("restore", "backup_id:string volume_id:string volume_name:null|string")
        ),
        ("DELETE /{v2|v3}/{project}/backups/{backup}", 202, "", "", ""),
        // 7
        (
            "POST /v2/{project}/os-vendor-backup-sharing",
            200,
            "",
            "shared.backup_id:string shared.to_project_ids[]:string",
            In("shared[]", Sharing + " deleted:null|string deleted_at:null|string")
        ),
        ("DELETE /v2/{project}/os-vendor-backup-sharing/{share}", 200, "is_backup_id:boolean", "", ""),
        (
            "GET /v2/{project}/os-vendor-backup-sharing/detail",
            200,
            SharingQuery + " sort_key:string sort_dir:string limit:integer offset:integer",
            "",
            In("shared[]", Sharing) + " " + In("shared[].backup", SharedFacts)
        ),
        ("GET /v2/{project}/os-vendor-backup-sharing/count", 200, SharingQuery, "", "count:integer"),
        ("GET /v2/{project}/os-vendor-backup-sharing/{share}", 200, "", "", In("shared", Sharing) + " " + In("shared.backup", SharedFacts)),
    ];

    private const string TaskTime = @"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}$";
    private const string JobTime = @"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$";
    private const string NativeTime = @"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}$";
    private const string Hex = "pattern=^[0-9a-f]{32}$";
    private const string TaskStates = "WAITING|RUNNING|EXECUTE_SUCCESS|EXECUTE_FAIL|EXECUTE_TIMEOUT|SKIP";
    private const string BackupStates = "creating|available|restoring|deleting|error|error_deleting";

    private const string TaskList = "GET /v2/{project}/backuppolicy/{policy}/backuptasks";
    private const string CreatePolicy = "POST /v2/{project}/backuppolicy";
    private const string ListPolicies = "GET /v2/{project}/backuppolicy";
    private const string ShowJob = "GET /v1/{project}/jobs/{job}";
    private const string ShowBackup = "GET /v3/{project}/backups/{backup}";
    private const string Quota = "GET /v2/{project}/cloudbackups/quota";
    private const string Find = "POST /v2/{project}/backuppolicy/resource_instances/action";

    /// <summary>Where: a member of the answer, or of the <c>request</c>, or a parameter of the <c>query</c> or the <c>path</c>.</summary>
    public static readonly IReadOnlyList<(string Operation, string Where, string Facts)> Words =
    [
        (TaskList, "query sort_key", "created_at"),
        (TaskList, "query sort_dir", "asc|desc"),
        (TaskList, "query limit", "default=20 maximum=1000 minimum=1"),
        (TaskList, "query offset", "default=0 minimum=0"),
        (TaskList, "query status", TaskStates),
        (TaskList, "tasks[].status", TaskStates),
        (TaskList, "tasks[].job_id", "format=uuid"),
        (TaskList, "tasks[].vbs_job_id", Hex),
        (TaskList, "tasks[].created_at", TaskTime),
        (TaskList, "tasks[].finished_at", TaskTime),
        (TaskList, "tasks[].backup_name", "pattern=^autobk_[0-9a-f]{4}$"),
        (TaskList, "tasks[].resource_type", "volume"),
        (TaskList, "path project", Hex),
        (TaskList, "path policy", "format=uuid"),
        (CreatePolicy, "request backup_policy_name", "pattern=^[A-Za-z0-9_-]{1,64}$"),
        (CreatePolicy, "request time_zone", "pattern=^UTC[+-](0[0-9]|1[0-4]):[0-5][0-9]$"),
        (CreatePolicy, "request scheduled_policy.start_time", "pattern=^([01][0-9]|2[0-3]):00(,([01][0-9]|2[0-3]):00){0,23}$"),
        (CreatePolicy, "request scheduled_policy.frequency", "maximum=30 minimum=1"),
        (CreatePolicy, "request scheduled_policy.week_frequency", "maxItems=7 minItems=1 uniqueItems=True"),
        (CreatePolicy, "request scheduled_policy.rentention_num", "maximum=99 minimum=2"),
        (CreatePolicy, "request scheduled_policy.rentention_day", "maximum=99999 minimum=2"),
        (CreatePolicy, "request scheduled_policy.remain_first_backup_of_curMonth", "Y|N"),
        (CreatePolicy, "request scheduled_policy.status", "ON|OFF"),
        (CreatePolicy, "request tags", "maxItems=10"),
        (ListPolicies, "backup_policies[].scheduled_policy.week_frequency[]", "SUN|MON|TUE|WED|THU|FRI|SAT"),
        (ListPolicies, "backup_policies[].scheduled_policy.status", "ON|OFF"),
        (ListPolicies, "backup_policies[].scheduled_policy.remain_first_backup_of_curMonth", "Y|N"),
        ("POST /v2/{project}/backuppolicy/{policy}/tags", "request tag.key", "maxLength=36 minLength=1"),
        ("POST /v2/{project}/backuppolicy/{policy}/tags", "request tag.value", "maxLength=43"),
        ("POST /v2/{project}/backuppolicy/{policy}/tags/action", "request action", "create|update|delete"),
        ("POST /v2/{project}/backuppolicy/{policy}/tags/action", "request tags[].key", "maxLength=127 minLength=1"),
        (Find, "request action", "filter|count"),
        (Find, "request matches[].key", "resource_name"),
        ("POST /v2/{project}/cloudbackups", "request backup.name", "pattern=^[A-Za-z0-9_-]{1,64}$"),
        ("POST /v2/{project}/cloudbackups", "request backup.description", "maxLength=64"),
        ("POST /v2/{project}/cloudbackups", "job_id", Hex),
        (ShowJob, "path job", Hex),
        (ShowJob, "status", "INIT|RUNNING|SUCCESS|FAIL"),
        (ShowJob, "job_type", "bksCreateBackup|bksDeleteBackup|bksRestoreBackup"),
        (ShowJob, "begin_time", JobTime),
        (ShowJob, "end_time", JobTime),
        (Quota, "quotas.resources[].type", "backups|backup_gigabytes"),
        (Quota, "quotas.resources[].quota", "minimum=-1"),
        ("GET /v3/{project}/backups", "query limit", "default=1000 maximum=1000 minimum=1"),
        ("GET /v3/{project}/backups", "query sort_dir", "asc|desc"),
        ("GET /v3/{project}/backups", "query status", BackupStates),
        ("POST /v3/{project}/backups", "request backup.description", "maxLength=255"),
        (ShowBackup, "backup.status", BackupStates),
        (ShowBackup, "backup.created_at", NativeTime),
        (ShowBackup, "backup.data_timestamp", NativeTime),
        (ShowBackup, "backup.id", "format=uuid"),
        ("GET /v2/{project}/os-vendor-backup-sharing/{share}", "shared.created_at", NativeTime),
        ("GET /v2/{project}/os-vendor-backup-sharing/detail", "query sort_dir", "asc|desc"),
    ];

    private static string In(string path, string members) => string.Join(' ', members.Split(' ').Select(member => $"{path}.{member}"));
}
