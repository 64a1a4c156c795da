using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Verbs.Options;

/// <summary>How many match.</summary>
internal sealed record CountOut(long Count);

/// <summary>A backup that was ordered; <paramref name="Id"/> and <paramref name="BackupId"/> are the same, and null where nobody waited
/// for it.</summary>
internal sealed record BackupOrderedOut(string? Id, string? BackupId, string JobId);

/// <summary>A restore that was ordered or has ended; <paramref name="Id"/> and <paramref name="JobId"/> are the same.</summary>
internal sealed record RestoreOut(string Id, string JobId, string BackupId, string Target, string Status);

/// <summary>A policy that was made; <paramref name="Id"/> and <paramref name="BackupPolicyId"/> are the same.</summary>
internal sealed record PolicyMadeOut(string Id, string Name, string BackupPolicyId);

/// <summary>A policy that was fired.</summary>
/// <param name="Tasks">As the service tells them; null, and not printed, where nobody waited for them.</param>
internal sealed record PolicyFiredOut(
    string Id,
    string Name,
    long Volumes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<JsonElement>? Tasks
);

/// <summary>A token.</summary>
/// <param name="ProjectId">Null where it is for no project.</param>
internal sealed record TokenOut(string Id, string? ProjectId, string? UserId, string? ExpiresAt);

/// <summary>A user that was made.</summary>
/// <param name="Password">Null where it was given, and so is known.</param>
internal sealed record UserMadeOut(string Id, string Name, string? Password);

/// <summary>What the verbs print for programs, of their own making. What the service answered is printed as it is.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CountOut))]
[JsonSerializable(typeof(BackupOrderedOut))]
[JsonSerializable(typeof(RestoreOut))]
[JsonSerializable(typeof(PolicyMadeOut))]
[JsonSerializable(typeof(PolicyFiredOut))]
[JsonSerializable(typeof(TokenOut))]
[JsonSerializable(typeof(UserMadeOut))]
internal sealed partial class VerbJson : JsonSerializerContext;
