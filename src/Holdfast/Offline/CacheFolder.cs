using Holdfast.Running;

namespace Holdfast.Offline;

/// <summary>Where the disposable index cache of repositories that are opened without a service lies.</summary>
internal static class CacheFolder
{
    public static string Find() =>
        UserFolders.Configured("XDG_CACHE_HOME") is { } configured ? Path.Combine(configured, "holdfast")
        : UserFolders.Home is { } home ? Path.Combine(home, ".cache", "holdfast")
        : Path.Combine(Path.GetTempPath(), "holdfast-cache");
}
