namespace Holdfast.Running;

/// <summary>Where a user's things go by the XDG Base Directory Specification.</summary>
internal static class UserFolders
{
    /// <summary>The user's home, or null for one without.</summary>
    public static string? Home
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
            return home.Length > 0 ? home : null;
        }
    }

    /// <summary>What a variable like <c>XDG_CACHE_HOME</c> names; null where it is not set, or relative, which is as good as not
    /// set.</summary>
    public static string? Configured(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } folder && Path.IsPathFullyQualified(folder) ? folder : null;
}
