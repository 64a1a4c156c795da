using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>The four shapes of an error body. Which one it is, the path says, whatever went wrong.</summary>
internal enum ApiFamily
{
    /// <summary>Policies: <c>{"error":{"code":"AutoBackup.…","message":…}}</c>.</summary>
    Policy,

    /// <summary>Backups in VBS style, and jobs: the same with codes <c>VolumeBackup.…</c>.</summary>
    Backup,

    /// <summary>OpenStack's own, and our admin plane: <c>{"itemNotFound":{"code":404,"message":…}}</c>.</summary>
    Native,

    /// <summary>Identity: <c>{"error":{"code":401,"message":…,"title":…}}</c>.</summary>
    Identity,
}

internal static class ApiFamilies
{
    /// <summary>By the root and by what stands after the project; what else a path holds is the caller's own text.</summary>
    public static ApiFamily Of(PathString path) =>
        path.StartsWithSegments("/identity") || path.StartsWithSegments("/v3/auth") ? ApiFamily.Identity
        : path.StartsWithSegments("/admin") ? ApiFamily.Native
        : ProjectPath.Of(path)?.Resource.ToUpperInvariant() switch
        {
            "BACKUPPOLICY" or "BACKUPPOLICYRESOURCES" => ApiFamily.Policy,
            "CLOUDBACKUPS" or "JOBS" => ApiFamily.Backup,
            _ => ApiFamily.Native,
        };
}
