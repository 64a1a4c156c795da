using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>
/// A name for the file system that a file lies on, which lasts across restarts: its kind and its UUID, or what it was mounted from where it
/// tells none (<c>nfs host:/export</c>), and where it is mounted when it comes from nowhere (<c>tmpfs at /run</c>).
/// </summary>
internal static class FileSystemName
{
    private const string Uuid = " uuid ";

    /// <summary>Of the file or folder that a path leads to, or null when nobody can tell.</summary>
    public static string? Of(string path)
    {
        var real = Libc.RealPath(path) ?? path;
        if (Mounts.Of(real) is not { } mount)
            return null;

        // NFS calls itself by its version.
        var kind = mount.Kind == "nfs4" ? "nfs" : mount.Kind;
        if (mount.Kind is not ("tmpfs" or "ramfs" or "overlay") && UuidOf(path, mount) is { } uuid)
            return kind + Uuid + uuid;

        var source = mount.Source.Contains('/', StringComparison.Ordinal) || mount.Source.Contains(':', StringComparison.Ordinal);
        return source || kind is "zfs" ? $"{kind} from {mount.Source}" : $"{kind} at {mount.Point}";
    }

    /// <summary>Whether two names are of one file system, as far as they were taken by the same means.</summary>
    public static bool AreSame(string one, string other)
    {
        if (one == other)
            return true;

        var sameKind = one.Split(' ')[0] == other.Split(' ')[0];
        return sameKind && one.Contains(Uuid, StringComparison.Ordinal) != other.Contains(Uuid, StringComparison.Ordinal);
    }

    private static string? UuidOf(string path, in Mount mount)
    {
        if (Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking, out var file) is var errno && errno == Errno.Ok)
        {
            using (file)
            {
                if (Libc.FileSystemUuid(file, out var uuid) == Errno.Ok && uuid.AsSpan().ContainsAnyExcept((byte)0))
                    return Text(uuid);
            }
        }
        else
        {
            file.Dispose();
        }

        // Kernels before 6.9, and file systems without an answer: what udev found, then what its device says.
        if (BlockDeviceIdentity.Udev(mount.Number).TryGetValue("ID_FS_UUID", out var found))
            return found;

        return mount.Source.StartsWith("/dev/", StringComparison.Ordinal) ? Superblocks.Of(mount.Source)?.Split(' ')[1] : null;
    }

    private static string Text(byte[] uuid) =>
        uuid.Length == 16 ? new Guid(uuid, bigEndian: true).ToString() : Convert.ToHexStringLower(uuid);
}
