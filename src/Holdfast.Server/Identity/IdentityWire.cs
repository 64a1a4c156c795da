using System.Text.Json;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>Users, projects, roles and tokens in Keystone's shapes.</summary>
internal static class IdentityWire
{
    public static string NameOf(Role role) => role.ToString().ToLowerInvariant();

    public static Role? FindRole(string name) => Enum.GetValues<Role>().Cast<Role?>().FirstOrDefault(role => NameOf(role!.Value) == name);

    /// <summary>A free text; null when it is not there. A null in the body takes it away, as an empty one does.</summary>
    public static string? ReadDescription(JsonElement body, string member)
    {
        var text = body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.Null ? "" : body.TextMember(member);
        return text is not null && NameRule.TextTroubleOf(text) is { } trouble
            ? throw new ApiException(StatusCodes.Status400BadRequest, "", $"'{member}' {trouble}")
            : text;
    }

    /// <summary>For the log: what a change sets.</summary>
    public static string ChangesOf(string? name, bool? enabled) =>
        $"{(name is null ? "" : $" name '{name}'")}{enabled switch { true => " enabled", false => " disabled", null => "" }}";
}
