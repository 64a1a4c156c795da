using System.Text.Json.Serialization;

namespace Holdfast.Server.Identity;

/// <summary>A thing by its id, and its name where that is asked for.</summary>
internal sealed record NamedAnswer(string Id)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NamedAnswer? Domain { get; init; }

    public static NamedAnswer OfDomain { get; } = new(ServiceCatalog.DomainId) { Name = ServiceCatalog.DomainName };
}

/// <summary>What a token says. Members that it has not are left out: clients tell its scope by that.</summary>
internal sealed record TokenAnswer(
    IReadOnlyList<string> Methods,
    IReadOnlyList<string> AuditIds,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    TokenUser User
)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NamedAnswer? Project { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsDomain { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NamedAnswer? Domain { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<NamedAnswer>? Roles { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CatalogEntry>? Catalog { get; init; }
}

internal sealed record TokenUser(string Id, string Name, NamedAnswer Domain)
{
    public DateTimeOffset? PasswordExpiresAt { get; }
}

internal sealed record TokenEnvelope(TokenAnswer Token);

/// <summary>One of the three roles; their names are their ids.</summary>
internal sealed record RoleAnswer(string Id, string Name, SelfLink Links)
{
    public string? DomainId { get; }

    public string? Description { get; }

    public RoleOptions Options { get; } = new();
}

/// <summary>Nobody changes or deletes a role here.</summary>
internal sealed record RoleOptions
{
    public bool Immutable { get; } = true;
}

internal sealed record RoleEnvelope(RoleAnswer Role);

internal sealed record RoleListAnswer(IReadOnlyList<RoleAnswer> Roles, ListLinks Links);

internal sealed record AssignmentScope(NamedAnswer Project);

internal sealed record AssignmentLink(string Assignment);

/// <summary>Who has which role where.</summary>
internal sealed record AssignmentAnswer(AssignmentScope Scope, NamedAnswer User, NamedAnswer Role, AssignmentLink Links);

internal sealed record AssignmentListAnswer(IReadOnlyList<AssignmentAnswer> RoleAssignments, ListLinks Links);

/// <summary>An access key, as the cloud's identity service shows it. Its secret is told once.</summary>
internal sealed record AccessKeyAnswer(string Access, string UserId, string? UserName, string? Description, DateTimeOffset CreateTime)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    public string Status { get; } = "active";
}

internal sealed record AccessKeyEnvelope(AccessKeyAnswer Credential);

internal sealed record AccessKeyListAnswer(IReadOnlyList<AccessKeyAnswer> Credentials, ListLinks Links);
