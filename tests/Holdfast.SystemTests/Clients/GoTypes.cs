using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.SystemTests.Clients;

/// <summary>
/// The structures into which gophertelekomcloud decodes answers, with its types. The decoder is as strict as Go's: an integer with a
/// fraction or in quotes, a boolean where a string belongs, or an object in place of a string fails the whole answer; null and absence
/// leave the zero value.
/// </summary>
internal static class GoTypes
{
    public static T Decode<T>(string json) =>
        JsonSerializer.Deserialize<T>(json) ?? throw new JsonException($"null is no {typeof(T).Name}");

    internal sealed class Policies
    {
        [JsonPropertyName("backup_policies")]
        public Policy[] Items { get; set; } = [];
    }

    internal sealed class Policy
    {
        [JsonPropertyName("backup_policy_id")]
        public string Id { get; set; } = "";

        [JsonPropertyName("backup_policy_name")]
        public string Name { get; set; } = "";

        [JsonPropertyName("policy_resource_count")]
        public int ResourceCount { get; set; }

        [JsonPropertyName("scheduled_policy")]
        public Schedule Schedule { get; set; } = new();
    }

    internal sealed class Schedule
    {
        [JsonPropertyName("start_time")]
        public string StartTime { get; set; } = "";

        [JsonPropertyName("status")]
        public string Status { get; set; } = "";

        [JsonPropertyName("frequency")]
        public int Frequency { get; set; }

        [JsonPropertyName("week_frequency")]
        public string[]? WeekFrequency { get; set; }

        [JsonPropertyName("rentention_num")]
        public int RententionNum { get; set; }

        [JsonPropertyName("rentention_day")]
        public int RententionDay { get; set; }

        [JsonPropertyName("remain_first_backup_of_curMonth")]
        public string RemainFirst { get; set; } = "";
    }

    internal sealed class Association
    {
        [JsonPropertyName("success_resources")]
        public Resource[] Succeeded { get; set; } = [];

        [JsonPropertyName("fail_resources")]
        public Resource[] Failed { get; set; } = [];
    }

    internal sealed class Resource
    {
        [JsonPropertyName("resource_id")]
        public string Id { get; set; } = "";

        [JsonPropertyName("resource_type")]
        public string? Type { get; set; }

        [JsonPropertyName("availability_zone")]
        public string? Zone { get; set; }

        [JsonPropertyName("os_vol_host_attr")]
        public string? Host { get; set; }
    }

    internal sealed class Tags
    {
        [JsonPropertyName("tags")]
        public Tag[] Items { get; set; } = [];
    }

    internal sealed record Tag([property: JsonPropertyName("key")] string Key, [property: JsonPropertyName("value")] string Value);

    internal sealed class TaggedPolicies
    {
        [JsonPropertyName("total_count")]
        public int Total { get; set; }

        [JsonPropertyName("resources")]
        public TaggedPolicy[] Items { get; set; } = [];
    }

    internal sealed class TaggedPolicy
    {
        [JsonPropertyName("resource_id")]
        public string Id { get; set; } = "";

        [JsonPropertyName("resource_name")]
        public string Name { get; set; } = "";

        [JsonPropertyName("tags")]
        public Tag[] Tags { get; set; } = [];
    }

    internal sealed class Job
    {
        [JsonPropertyName("job_id")]
        public string Id { get; set; } = "";

        [JsonPropertyName("job_type")]
        public string? Type { get; set; }

        [JsonPropertyName("status")]
        public string Status { get; set; } = "";

        [JsonPropertyName("entities")]
        public Dictionary<string, string?>? Entities { get; set; }

        [JsonPropertyName("begin_time")]
        public string? BeginTime { get; set; }

        [JsonPropertyName("end_time")]
        public string? EndTime { get; set; }

        [JsonPropertyName("error_code")]
        public string? ErrorCode { get; set; }

        [JsonPropertyName("fail_reason")]
        public string? FailReason { get; set; }

        [JsonPropertyName("sub_jobs")]
        public Job[]? SubJobs { get; set; }
    }

    internal sealed class OneBackup
    {
        [JsonPropertyName("backup")]
        public Backup Item { get; set; } = new();
    }

    internal sealed class BackupPage
    {
        [JsonPropertyName("backups")]
        public Backup[] Items { get; set; } = [];

        [JsonPropertyName("backups_links")]
        public Link[] Links { get; set; } = [];
    }

    internal sealed record Link([property: JsonPropertyName("rel")] string Rel, [property: JsonPropertyName("href")] string Href);

    internal sealed class Backup
    {
        [JsonPropertyName("id")]
        public string Id { get; set; } = "";

        [JsonPropertyName("name")]
        public string? Name { get; set; }

        [JsonPropertyName("status")]
        public string Status { get; set; } = "";

        [JsonPropertyName("description")]
        public string? Description { get; set; }

        [JsonPropertyName("volume_id")]
        public string VolumeId { get; set; } = "";

        [JsonPropertyName("snapshot_id")]
        public string? SnapshotId { get; set; }

        [JsonPropertyName("availability_zone")]
        public string? Zone { get; set; }

        [JsonPropertyName("container")]
        public string? Container { get; set; }

        [JsonPropertyName("fail_reason")]
        public string? FailReason { get; set; }

        [JsonPropertyName("size")]
        public int Size { get; set; }

        [JsonPropertyName("object_count")]
        public int? ObjectCount { get; set; }

        [JsonPropertyName("is_incremental")]
        public bool? IsIncremental { get; set; }

        [JsonPropertyName("has_dependent_backups")]
        public bool? HasDependents { get; set; }

        [JsonPropertyName("service_metadata")]
        public string? ServiceMetadata { get; set; }

        [JsonPropertyName("os-bak-tenant-attr:tenant_id")]
        public string? Project { get; set; }

        [JsonPropertyName("created_at")]
        public GoTime? CreatedAt { get; set; }

        [JsonPropertyName("updated_at")]
        public GoTime? UpdatedAt { get; set; }

        [JsonPropertyName("data_timestamp")]
        public GoTime? DataTimestamp { get; set; }
    }

    internal sealed class Shares
    {
        [JsonPropertyName("shared")]
        public Share[] Items { get; set; } = [];
    }

    internal sealed class OneShare
    {
        [JsonPropertyName("shared")]
        public Share Item { get; set; } = new();
    }

    internal sealed class Share
    {
        [JsonPropertyName("id")]
        public string Id { get; set; } = "";

        [JsonPropertyName("backup_id")]
        public string BackupId { get; set; } = "";

        [JsonPropertyName("from_project_id")]
        public string From { get; set; } = "";

        [JsonPropertyName("to_project_id")]
        public string To { get; set; } = "";

        [JsonPropertyName("deleted")]
        public string? Deleted { get; set; }

        [JsonPropertyName("created_at")]
        public GoTime? CreatedAt { get; set; }

        [JsonPropertyName("updated_at")]
        public GoTime? UpdatedAt { get; set; }

        [JsonPropertyName("backup")]
        public Backup? Backup { get; set; }
    }
}
