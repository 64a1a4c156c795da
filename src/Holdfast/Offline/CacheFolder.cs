namespace Holdfast.Offline;

/// <summary>Where the disposable index cache of repositories that are opened without a service lies.</summary>
internal static class CacheFolder
{
    public static string Find()
    {
        var configured = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (Path.IsPathFullyQualified(configured ?? ""))
        {
            return Path.Combine(configured ?? "", "holdfast");
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return home.Length > 0 ? Path.Combine(home, ".cache", "holdfast") : Path.Combine(Path.GetTempPath(), "holdfast-cache");
    }
}
