using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>What a job that makes a backup keeps in its row: the facts as they were when it was ordered.</summary>
internal sealed record CreateBackupArguments
{
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    [JsonPropertyName("description")]
    public string? Description { get; init; }

    [JsonPropertyName("policy_id")]
    public string? PolicyId { get; init; }

    [JsonPropertyName("policy_name")]
    public string? PolicyName { get; init; }

    [JsonPropertyName("tags")]
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether everything is read and verified again, and no earlier backup is compared with.</summary>
    [JsonPropertyName("full")]
    public bool Full { get; init; }

    public static string Of(Policy policy, string? name) =>
        new CreateBackupArguments
        {
            Name = name,
            PolicyId = policy.Id.ToString(),
            PolicyName = policy.Name,
            Tags = policy.Tags,
        }.ToJson();

    public string ToJson() => JsonSerializer.Serialize(this, BackupJson.Default.CreateBackupArguments);

    public static CreateBackupArguments Parse(string json) =>
        JsonSerializer.Deserialize(json, BackupJson.Default.CreateBackupArguments) ?? new CreateBackupArguments();
}

/// <summary>What a job that deletes a backup keeps in its row.</summary>
internal sealed record DeleteBackupArguments
{
    /// <summary>Whether it is removed at once, and not kept for a while.</summary>
    [JsonPropertyName("for_good")]
    public bool ForGood { get; init; }

    /// <summary>The job that deletes a backup which is marked as being deleted.</summary>
    public static NewJob Order(JobId job, ProjectId project, BackupId backup, bool forGood) =>
        new()
        {
            Id = job,
            Project = project,
            Kind = JobKind.DeleteBackup,
            Backup = backup,
            Arguments = new DeleteBackupArguments { ForGood = forGood }.ToJson(),
        };

    public string ToJson() => JsonSerializer.Serialize(this, BackupJson.Default.DeleteBackupArguments);

    public static DeleteBackupArguments Parse(string json) =>
        JsonSerializer.Deserialize(json, BackupJson.Default.DeleteBackupArguments) ?? new DeleteBackupArguments();
}

/// <summary>What a job that restores a backup keeps in its row.</summary>
internal sealed record RestoreBackupArguments
{
    /// <summary>Address of the target; that of the volume where the target is one.</summary>
    [JsonPropertyName("target")]
    public required string Target { get; init; }

    [JsonPropertyName("overwrite")]
    public bool Overwrite { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, BackupJson.Default.RestoreBackupArguments);

    public static RestoreBackupArguments Parse(string json) =>
        JsonSerializer.Deserialize(json, BackupJson.Default.RestoreBackupArguments)
        ?? throw new InvalidOperationException($"'{json}' are not the arguments of a restore.");
}

[JsonSerializable(typeof(CreateBackupArguments))]
[JsonSerializable(typeof(DeleteBackupArguments))]
[JsonSerializable(typeof(RestoreBackupArguments))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class BackupJson : JsonSerializerContext;
