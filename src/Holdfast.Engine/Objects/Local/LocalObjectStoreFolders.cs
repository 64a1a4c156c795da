using System.Collections.Concurrent;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// The store's folders, made when first needed and known to be durable from then on. A folder that is already there is synced into its
/// parent all the same, once: whoever made it may have crashed before doing so.
/// </summary>
internal sealed class LocalObjectStoreFolders(string root, string name, Action<string>? step)
{
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    /// <summary>Makes sure that a folder in the store is there, durably.</summary>
    public void Ensure(string path)
    {
        if (path.Length <= root.Length || _durable.ContainsKey(path))
            return;

        var parent = path[..path.LastIndexOf('/')];
        Ensure(parent);
        MakeOne(path);
        Sync(parent);
        _durable[path] = true;
    }

    /// <summary>Forgets what is known to be there, because some of it is not.</summary>
    public void Forget() => _durable.Clear();

    /// <summary>Makes a folder anywhere, and those above it.</summary>
    public void Make(string path)
    {
        if (Libc.Stat(path, out _) == Errno.Ok)
            return;

        var parent = Path.GetDirectoryName(path) ?? "/";
        Make(parent);
        MakeOne(path);
        Sync(parent);
    }

    public void Sync(string path)
    {
        step?.Invoke("sync folder");
        var errno = Libc.Open(path, Libc.ReadOnly, out var folder);
        using (folder)
        {
            if (errno == Errno.Ok)
                errno = Libc.Sync(folder);
        }

        // Some network file systems have no sync for folders; there is nothing more that could be done on them.
        if (errno is not (Errno.Ok or Errno.Invalid or Errno.NotSupported))
            throw LocalObjectStoreErrors.Writing(name, $"Folder '{Shown(path)}'", errno);
    }

    private void MakeOne(string path)
    {
        step?.Invoke("make folder");
        var errno = Libc.MakeFolder(path);
        if (errno is not (Errno.Ok or Errno.Exists))
            throw LocalObjectStoreErrors.Writing(name, $"Folder '{Shown(path)}'", errno);
    }

    private string Shown(string path) => path.StartsWith(root, StringComparison.Ordinal) ? name + path[root.Length..] : path;
}
