using System.Diagnostics;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Work;

/// <summary>A real mount (FUSE) with one file, <c>disk.img</c> of a million bytes, that answers until it is told to hang. It needs root,
/// <c>/dev/fuse</c> and Debian's <c>python3-fuse</c>.</summary>
internal sealed class HangingFileSystem : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private const string Server = """
        import errno, os, stat, sys, time, fuse
        fuse.fuse_python_api = (0, 2)
        flag = os.environ["HANG"]
        def wait():
            while os.path.exists(flag):
                time.sleep(0.05)
        class Hanging(fuse.Fuse):
            def getattr(self, path):
                wait()
                facts = fuse.Stat()
                if path == "/":
                    facts.st_mode, facts.st_nlink = stat.S_IFDIR | 0o755, 2
                elif path == "/disk.img":
                    facts.st_mode, facts.st_nlink, facts.st_size = stat.S_IFREG | 0o644, 1, 1000000
                else:
                    return -errno.ENOENT
                return facts
            def open(self, path, flags):
                wait()
            def read(self, path, size, offset):
                wait()
                return b"x" * max(0, min(size, 1000000 - offset))
        server = Hanging()
        server.multithreaded = False
        server.parse(errex=1)
        server.main()
        """;

    private readonly TempFolder _folder = new();
    private readonly Process _server;

    private HangingFileSystem()
    {
        Directory.CreateDirectory(Root);
        _server = Process.Start(
            new ProcessStartInfo(Python, ["-c", Server, Root, "-f", "-o", "attr_timeout=0,entry_timeout=0"])
            {
                Environment = { ["HANG"] = Flag },
            }
        )!;
    }

    public string File => Path.Combine(Root, "disk.img");

    private string Root => _folder["mount"];

    private string Flag => _folder["hang"];

    public static async Task<HangingFileSystem> MountAsync(CancellationToken cancel)
    {
        Assert.SkipUnless(
            Environment.UserName == "root"
                && System.IO.File.Exists("/dev/fuse")
                && System.IO.File.Exists("/usr/lib/python3/dist-packages/fuse.py"),
            "No FUSE: it needs root, /dev/fuse and python3-fuse."
        );
        var mounted = new HangingFileSystem();
        while (!System.IO.File.ReadAllText("/proc/self/mounts").Contains(mounted.Root, StringComparison.Ordinal))
        {
            Assert.False(mounted._server.HasExited, "The FUSE server ended.");
            await Task.Delay(20, cancel);
        }

        return mounted;
    }

    public void Hang() => System.IO.File.WriteAllBytes(Flag, []);

    public void Answer() => System.IO.File.Delete(Flag);

    /// <summary>What still hangs is told that its file system is gone.</summary>
    public void Dispose()
    {
        _server.Kill();
        _server.WaitForExit();
        using (var unmount = Process.Start("umount", ["-l", Root]))
        {
            unmount.WaitForExit();
        }

        _server.Dispose();
        _folder.Dispose();
    }
}
