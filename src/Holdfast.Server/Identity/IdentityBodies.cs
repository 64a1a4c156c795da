using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Http;

namespace Holdfast.Server.Identity;

internal sealed record SelfLink(string Self);

/// <summary>Links of a list; there is one part of each.</summary>
internal sealed record ListLinks(string Self, string? Previous = null, string? Next = null);

internal sealed record CatalogEndpoint(string Id, string Interface, string Region, string RegionId, string Url);

internal sealed record CatalogEntry(string Id, string Type, string Name, IReadOnlyList<CatalogEndpoint> Endpoints);

internal sealed record CatalogAnswer(IReadOnlyList<CatalogEntry> Catalog, SelfLink Links);

internal sealed record ServiceBody(string Id, string Type, string Name, bool Enabled, SelfLink Links);

internal sealed record ServiceAnswer(ServiceBody Service);

internal sealed record ServicesAnswer(IEnumerable<ServiceBody> Services, ListLinks Links);

internal sealed record EndpointBody(
    string Id,
    string Interface,
    string Region,
    string RegionId,
    string Url,
    string ServiceId,
    bool Enabled,
    SelfLink Links
);

internal sealed record EndpointAnswer(EndpointBody Endpoint);

internal sealed record EndpointsAnswer(IEnumerable<EndpointBody> Endpoints, ListLinks Links);

internal sealed record RegionBody(string Id, string Description, string? ParentRegionId, SelfLink Links);

internal sealed record RegionAnswer(RegionBody Region);

internal sealed record RegionsAnswer(IEnumerable<RegionBody> Regions, ListLinks Links);

internal sealed record NoOptions;

internal sealed record DomainBody(
    string Id,
    string Name,
    string Description,
    bool Enabled,
    IReadOnlyList<string> Tags,
    NoOptions Options,
    SelfLink Links
)
{
    public static DomainBody Only(string root) =>
        new(
            ServiceCatalog.DomainId,
            ServiceCatalog.DomainName,
            "",
            true,
            [],
            new NoOptions(),
            new SelfLink($"{root}/domains/{ServiceCatalog.DomainId}")
        );
}

internal sealed record DomainAnswer(DomainBody Domain);

internal sealed record DomainsAnswer(IEnumerable<DomainBody> Domains, ListLinks Links);

internal sealed record UserBody(string Id, string Name, string DomainId, bool Enabled, SelfLink Links)
{
    /// <summary>Always null: passwords do not end.</summary>
    public string? PasswordExpiresAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DefaultProjectId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Email { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; init; }

    public JsonElement Options { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Free { get; set; }

    public static UserBody Of(Account account, string root)
    {
        var (options, free) = FreeMember.Read(account.Attributes);
        return new(
            account.Id.Value,
            account.Name,
            ServiceCatalog.DomainId,
            account.Enabled,
            new SelfLink($"{root}/users/{account.Id}")
        )
        {
            DefaultProjectId = account.DefaultProject?.Value,
            Email = account.Email,
            Description = account.Description,
            Options = options,
            Free = free,
        };
    }
}

internal sealed record UserAnswer(UserBody User);

internal sealed record UsersAnswer(IEnumerable<UserBody> Users, ListLinks Links);

internal sealed record ProjectBody(
    string Id,
    string Name,
    string DomainId,
    string Description,
    bool Enabled,
    bool IsDomain,
    string ParentId,
    IReadOnlyList<string> Tags,
    SelfLink Links
)
{
    public JsonElement Options { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Free { get; set; }

    public static ProjectBody Of(Project project, string root)
    {
        var (options, free) = FreeMember.Read(project.Attributes);
        return new(
            project.Id.Value,
            project.Name,
            ServiceCatalog.DomainId,
            project.Description,
            project.Enabled,
            false,
            ServiceCatalog.DomainId,
            project.Tags,
            new SelfLink($"{root}/projects/{project.Id}")
        )
        {
            Options = options,
            Free = free,
        };
    }
}

internal sealed record ProjectAnswer(ProjectBody Project);

internal sealed record ProjectsAnswer(IEnumerable<ProjectBody> Projects, ListLinks Links);

internal sealed record TagsAnswer(IReadOnlyList<string> Tags, SelfLink Links);

/// <summary>Members that are kept as they came.</summary>
internal static class FreeMember
{
    private static readonly JsonElement NoOptions = JsonElement.Parse("{}");

    public static (JsonElement Options, Dictionary<string, JsonElement>? Free) Read(string attributes)
    {
        if (attributes == "{}")
        {
            return (NoOptions, null);
        }

        var free = JsonElement.Parse(attributes).EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        return (free.Remove("options", out var options) ? options : NoOptions, free);
    }
}

internal sealed record MediaType(string Base, string Type);

internal sealed record VersionLink(string Rel, string Href);

internal sealed record VersionBody(
    string Id,
    string Status,
    string Updated,
    IReadOnlyList<VersionLink> Links,
    [property: JsonPropertyName("media-types")] IReadOnlyList<MediaType> MediaTypes
);

internal sealed record VersionValues(IReadOnlyList<VersionBody> Values);

internal sealed record VersionsAnswer(VersionValues Versions);

internal sealed record VersionAnswer(VersionBody Version);

/// <summary>How answers of the identity service are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Default,
    Converters = [typeof(IdentityTimeConverter)]
)]
[JsonSerializable(typeof(CatalogAnswer))]
[JsonSerializable(typeof(ServiceAnswer))]
[JsonSerializable(typeof(ServicesAnswer))]
[JsonSerializable(typeof(EndpointAnswer))]
[JsonSerializable(typeof(EndpointsAnswer))]
[JsonSerializable(typeof(RegionAnswer))]
[JsonSerializable(typeof(RegionsAnswer))]
[JsonSerializable(typeof(DomainAnswer))]
[JsonSerializable(typeof(DomainsAnswer))]
[JsonSerializable(typeof(UserAnswer))]
[JsonSerializable(typeof(UsersAnswer))]
[JsonSerializable(typeof(ProjectAnswer))]
[JsonSerializable(typeof(ProjectsAnswer))]
[JsonSerializable(typeof(TagsAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(VersionsAnswer))]
[JsonSerializable(typeof(TokenEnvelope))]
[JsonSerializable(typeof(ListLinks))]
[JsonSerializable(typeof(SelfLink))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(RoleEnvelope))]
[JsonSerializable(typeof(RoleListAnswer))]
[JsonSerializable(typeof(AssignmentListAnswer))]
[JsonSerializable(typeof(AccessKeyEnvelope))]
[JsonSerializable(typeof(AccessKeyListAnswer))]
internal sealed partial class IdentityJson : JsonSerializerContext;
