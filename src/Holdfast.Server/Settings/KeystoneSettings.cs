using System.ComponentModel.DataAnnotations;
using Holdfast.Control.Users;

namespace Holdfast.Server.Settings;

/// <summary>An external Keystone and how the service logs in to it. Checked by the settings' reader; docs/settings.md lists
/// them.</summary>
internal sealed class KeystoneSettings
{
    /// <summary>With its version, without a slash at the end: <c>http://keystone.example.com:5000/v3</c>.</summary>
    [WebAddress("is an address like http://keystone.example.com:5000/v3")]
    public Uri? Url
    {
        get;
        set => field = value is null || value.AbsolutePath.TrimEnd('/').EndsWith("/v3", StringComparison.Ordinal) ? Trimmed(value)
            : new Uri($"{value.ToString().TrimEnd('/')}/v3");
    }

    /// <summary>The service's own user, who must be allowed to validate tokens.</summary>
    [NotEmpty("is the name of a user")]
    public string? Username { get; set; }

    [NotEmpty("is a password"), Secret]
    public string? Password { get; set; }

    [NotEmpty("is the name of a project")]
    public string? Project { get; set; }

    [NotEmpty("is the name of a domain")]
    public string UserDomain { get; set; } = "Default";

    [NotEmpty("is the name of a domain")]
    public string ProjectDomain { get; set; } = "Default";

    /// <summary>The role that makes an operator of this service, whichever project of whichever domain it is held in. Default
    /// <c>admin</c>.</summary>
    [OperatorRole]
    public string AdminRole { get; set; } = "admin";

    /// <summary>Seconds that an answer is believed, 1 to 300: so long a revoked token may still work. Default 60.</summary>
    [Range(1, 300)]
    public int CacheSeconds { get; set; } = 60;

    /// <summary>Seconds within which a token must be found out about, whatever it takes, 1 to 60. Default 10.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>What a role there means here, or null. <c>_member_</c> is what old installations call a member.</summary>
    public Role? RoleOf(string name) =>
        name.Equals(AdminRole, StringComparison.OrdinalIgnoreCase)
            ? Role.Admin
            : name.ToUpperInvariant() switch
            {
                "MEMBER" or "_MEMBER_" => Role.Member,
                "READER" => Role.Reader,
                _ => null,
            };

    private static Uri? Trimmed(Uri? url) => url is null ? null : new Uri(url.ToString().TrimEnd('/'));
}
