namespace Holdfast.Server.Identity.Keystone;

/// <summary>An external Keystone and how the service logs in to it. Checked by the settings' reader; docs/operations.md lists them.</summary>
internal sealed class KeystoneSettings
{
    /// <summary>With its version, without a slash at the end: <c>http://keystone.example.com:5000/v3</c>.</summary>
    public Uri? Url { get; set; }

    /// <summary>The service's own user, who must be allowed to validate tokens.</summary>
    public string? Username { get; set; }

    public string? Password { get; set; }

    public string? Project { get; set; }

    public string UserDomain { get; set; } = "Default";

    public string ProjectDomain { get; set; } = "Default";

    /// <summary>Seconds that an answer is believed, 1 to 300: so long a revoked token may still work. Default 60.</summary>
    public int CacheSeconds { get; set; } = 60;

    /// <summary>Seconds to wait for an answer, 1 to 60. Default 10.</summary>
    public int TimeoutSeconds { get; set; } = 10;
}
