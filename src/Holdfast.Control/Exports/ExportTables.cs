namespace Holdfast.Control.Exports;

/// <summary>A table of the catalog as exports have it.</summary>
/// <param name="Columns">All that are exported.</param>
/// <param name="Key">What its rows are in the order of.</param>
/// <param name="Settings">Columns that change only when somebody sets something; empty where the table tells what happened.</param>
internal sealed record ExportTable(string Name, IReadOnlyList<string> Columns, string Key, IReadOnlyList<string> Settings)
{
    public string Sql => $"SELECT {string.Join(", ", Columns)} FROM {Name} ORDER BY {Key}";

    public string SettingsSql => $"SELECT {string.Join(", ", Settings)} FROM {Name} ORDER BY {Key}";
}

/// <summary>
/// What an export holds, and in which order: a row needs only rows of tables before its own. Spec: docs/format/catalog-export.md. Here
/// alone all tables are in one place, whosever they are; a test compares them with the schema, so that a new column is decided on
/// (docs/decisions/0026).
/// </summary>
internal static class ExportTables
{
    /// <summary>Tables that are not exported, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> Left = new Dictionary<string, string>
    {
        ["token"] = "whoever has one logs in again",
        ["audit_event"] = "a new catalog begins a new log; what the old one said stays with the old catalog",
        ["audit_head"] = "the head of an export tells it",
        ["job_log"] = "how a job ended is told with the job; what it met on its way is of its catalog",
        ["service"] = "whose catalog it is, its making says",
        ["service_owner"] = "whose catalog it is, its making says",
        ["repository"] = "begins anew with the era",
        ["process"] = "who works on the catalog now",
        ["session"] = "who works on the repository now",
        ["session_root"] = "who works on the repository now",
        ["index_object"] = "the repository tells it",
        ["fate"] = "of an era",
        ["prune_run"] = "of an era",
        ["manifest_due"] = "is in the store, or was never told as done",
        ["task_counter"] = "is counted anew",
        ["check_turn"] = "any share may be the first",
        ["second_copy"] = "is made, or found, anew",
        ["copy_absence"] = "is counted anew: what was removed stays in the copy for longer",
        ["volume_file_removal"] = "upkeep finds the files",
        ["notify_incident"] = "what is wrong is told anew",
        ["notify_seen"] = "what is wrong is told anew",
        ["notify_digest"] = "begins anew",
        ["notify_delivery"] = "was sent, or is told anew",
    };

    /// <summary>Columns that are not exported, as <c>table.column</c>, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> LeftColumns = new Dictionary<string, string>
    {
        ["backup.unsettled"] = "every backup that comes over is",
        ["job.bytes_done"] = "jobs have ended that come over",
        ["job.bytes_total"] = "jobs have ended that come over",
        ["job.bytes_per_second"] = "jobs have ended that come over",
        ["job.trace"] = "jobs have ended that come over",
        ["job.cancel_by"] = "is in the reason of its failure",
    };

    public static readonly IReadOnlyList<ExportTable> All =
    [
        Of("project", "id", "id name enabled created_at description attributes tags"),
        Of("account", "id", "id name password_hash enabled created_at email description default_project attributes"),
        Of("account_role", "account_id, project_id, role", "account_id project_id role"),
        Of("access_key", "id", "id account_id secret description created_at"),
        Of(
            "project_quota",
            "project_id",
            "project_id backups backup_gigabytes volumes gigabytes per_volume_gigabytes " + "snapshots volume_groups"
        ),
        Of(
            "volume",
            "id",
            "id project_id name source description metadata owned identity volume_type zone user_id created_at",
            "resolved_path size_bytes status updated_at proven_at proven_backup_id"
        ),
        Of(
            "policy",
            "id",
            "id project_id name is_default enabled start_time frequency week_frequency retention_count retention_days keep_first_of_month "
                + "time_zone created_at",
            "next_fire_at updated_at"
        ),
        Of("policy_volume", "volume_id", "volume_id policy_id added_at"),
        Of("rate_limit", "one", "one volume_read store_write store_read hours"),
        Of("notify_target", "id", "id project_id name kind address secret created_at"),
        Of("notify_rule", "id", "id project_id target_id events least_severity created_at"),
        Of("policy_tag", "policy_id, key", "policy_id key value"),
        Of("policy_firing", "policy_id", "", "policy_id last_slot_at"),
        Of("volume_number", "volume_id", "", "volume_id last_number"),
        Of("day_figure", "project_id, day", "", "project_id day succeeded failed bytes_read bytes_new bytes_stored"),
        Of("missed_day", "project_id, policy_id, day", "", "project_id policy_id day volumes"),
        Of("volume_outcome", "volume_id", "", "volume_id job_id ended_at failures fail_code fail_reason"),
        Of(
            "backup",
            "id",
            "",
            "id project_id volume_id name description status volume_bytes policy_id parent_id created_at updated_at available_at "
                + "bytes_read bytes_new bytes_stored fail_code fail_reason number consistency verdict_at verdict_by verdict_ok "
                + "verdict_reason "
                + "metadata container incremental volume_type zone volume_metadata root levels kept_until"
        ),
        Of("backup_tag", "backup_id, key", "", "backup_id key value"),
        Of("share", "id", "id backup_id from_project_id to_project_id created_at"),
        Of(
            "task",
            "id",
            "",
            "id policy_id project_id volume_id status origin slot_at created_at finished_at backup_name backup_id job_id code message"
        ),
        Of(
            "job",
            "id",
            "",
            "id project_id kind state volume_id backup_id task_id arguments created_at run_after begin_at finished_at attempt lease_owner "
                + "lease_until error_code fail_reason mark figures requests"
        ),
        Of(
            "drill",
            "id",
            "",
            "id project_id volume_id volume_name state by_hand job_id ordered_at began_at ended_at backup_id backup_number choice choices "
                + "root bytes_verified bytes_zero bytes_read packs took_ms command exit_code output reason"
        ),
    ];

    /// <summary>What changes whenever something happened, in few numbers. The service's own upkeep is nothing that happened.</summary>
    public static readonly IReadOnlyList<string> HistorySql =
    [
        "SELECT count(*), max(updated_at) FROM backup",
        "SELECT count(*), max(id), max(finished_at) FROM task",
        "SELECT count(*), max(id), max(finished_at) FROM job WHERE kind < 4",
    ];

    private static ExportTable Of(string name, string key, string settings, string others = "")
    {
        string[] set = settings.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new ExportTable(name, [.. set, .. others.Split(' ', StringSplitOptions.RemoveEmptyEntries)], key, set);
    }
}
