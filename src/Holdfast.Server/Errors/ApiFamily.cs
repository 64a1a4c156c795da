using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Errors;

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
    public static ApiFamily Of(PathString path)
    {
        var value = path.Value ?? "";
        return value.StartsWith("/identity", StringComparison.Ordinal) ? ApiFamily.Identity
            : value.Contains("/backuppolicy", StringComparison.Ordinal) ? ApiFamily.Policy
            : value.Contains("/cloudbackups", StringComparison.Ordinal) || value.Contains("/jobs/", StringComparison.Ordinal) ? ApiFamily.Backup
            : ApiFamily.Native;
    }
}
