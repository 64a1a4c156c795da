using System.Globalization;
using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>Reads what Keystone says of a token.</summary>
internal static class KeystoneAnswer
{
    /// <param name="token">The member <c>token</c> of its answer.</param>
    /// <exception cref="Exception">Of the kinds that <see cref="KeystoneClient"/> takes for a Keystone that does not answer as it
    /// should.</exception>
    public static Token Read(JsonElement token, KeystoneSettings settings)
    {
        var user = token.GetProperty("user");
        var account = new Account(new AccountId(TextOf(user, "id")), TextOf(user, "name"), Enabled: true);
        var project = token.TryGetProperty("project", out var scope)
            ? new Project(new ProjectId(TextOf(scope, "id")), TextOf(scope, "name"), Enabled: true)
            : null;
        IEnumerable<JsonElement> given = token.TryGetProperty("roles", out var list) ? list.EnumerateArray() : [];
        var roles = given.Select(role => settings.RoleOf(TextOf(role, "name"))).OfType<Role>().Distinct().Order().ToList();
        return new Token(account, project, roles, TimeOf(token, "issued_at"), TimeOf(token, "expires_at"));
    }

    public static DateTimeOffset TimeOf(JsonElement json, string member) =>
        DateTimeOffset.Parse(
            TextOf(json, member),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal
        );

    private static string TextOf(JsonElement json, string member) =>
        json.GetProperty(member).GetString() ?? throw new FormatException($"'{member}' is null");
}
