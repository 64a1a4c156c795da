using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Client;

internal sealed record TokenRequest(TokenAuth Auth);

internal sealed record TokenAuth(TokenIdentity Identity, [property: JsonConverter(typeof(ScopeConverter))] ScopeRequest Scope);

/// <param name="Methods">How users prove who they are: by one of the two.</param>
internal sealed record TokenIdentity(IReadOnlyList<string> Methods, PasswordMethod? Password, TokenMethod? Token);

/// <param name="Id">The token itself.</param>
internal sealed record TokenMethod(string Id);

internal sealed record PasswordMethod(TokenUser User);

internal sealed record TokenUser(string Name, string Password, DomainName Domain);

/// <summary>One of the two, or neither.</summary>
internal sealed record ScopeRequest(ProjectScope? Project, DomainName? Domain);

/// <summary>By its id alone, or by its name and domain.</summary>
internal sealed record ProjectScope(string? Id, string? Name, DomainName? Domain);

internal sealed record DomainName(string Name);

/// <summary>A token without a scope is asked for in a word: where the member is absent, an identity service may take the user's default
/// project.</summary>
internal sealed class ScopeConverter : JsonConverter<ScopeRequest>
{
    public override ScopeRequest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("requests are written, not read");

    public override void Write(Utf8JsonWriter writer, ScopeRequest value, JsonSerializerOptions options)
    {
        if (value is { Project: null, Domain: null })
        {
            writer.WriteStringValue("unscoped");
        }
        else
        {
            JsonSerializer.Serialize(writer, value, ClientJson.Default.ScopeRequest);
        }
    }
}

/// <summary>A user as it is made or changed; null is not sent.</summary>
internal sealed record UserRequest(UserMembers User);

internal sealed record UserMembers
{
    public string? Name { get; init; }

    public bool? Enabled { get; init; }

    public string? Password { get; init; }

    /// <summary>With which users prove that it is their own password that they change.</summary>
    public string? OriginalPassword { get; init; }
}

internal sealed record ProjectRequest(ProjectMembers Project);

internal sealed record ProjectMembers
{
    public string? Name { get; init; }

    public bool? Enabled { get; init; }
}

internal sealed record KeyRequest(KeyMembers Credential);

internal sealed record KeyMembers(string? UserId, string? Description);
