using System.ComponentModel;
using System.Diagnostics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Tests;

/// <summary>A file system of a test's own, for disks that are full, read-only or in use. Skips the test, by name, where none may be
/// mounted.</summary>
internal sealed class Mounted : IDisposable
{
    private readonly string _folder;

    private Mounted(string folder) => _folder = folder;

    public static Mounted Tmpfs(string folder, string options) => Mount(folder, ["-t", "tmpfs", "-o", options, "tmpfs"]);

    /// <summary>Makes an ext4 file system in a file or block device and mounts it; a file by way of a loop device.</summary>
    public static Mounted Ext4(string image, string folder)
    {
        Assert.SkipUnless(Command.Try("mkfs.ext4", ["-q", "-F", image], out _), "mkfs.ext4 is not installed");
        return Mount(folder, [image]);
    }

    /// <summary>Makes a file system of a kind on a block device, or in a file, and mounts it.</summary>
    /// <param name="kind"><c>ext4</c>, <c>xfs</c> or <c>btrfs</c>.</param>
    /// <param name="making">Further options of the program that makes it.</param>
    /// <param name="mounting">Options of the mount, by commas.</param>
    public static Mounted Made(string kind, string device, string folder, string[]? making = null, string? mounting = null)
    {
        string[] quietly = ["-q", kind == "ext4" ? "-F" : "-f", .. making ?? [], device];
        Assert.SkipUnless(Command.Try("mkfs." + kind, quietly, out var said), $"mkfs.{kind} cannot be run: {said}");
        return Mount(folder, ["-t", kind, .. mounting is null ? (string[])[] : ["-o", mounting], device]);
    }

    /// <summary>Mounts what is there already, to be looked at; by a UUID that may be mounted elsewhere.</summary>
    public static Mounted Again(string kind, string device, string folder) =>
        Mount(folder, ["-t", kind, .. kind == "xfs" ? (string[])["-o", "nouuid"] : [], device]);

    /// <summary>Makes the file system fail every call from now on, as one does whose disk was pulled.</summary>
    public void Kill() =>
        Assert.SkipUnless(
            Command.Try("xfs_io", ["-x", "-c", "shutdown", _folder], out var said),
            $"no file system can be shut down here: {said}"
        );

    public void MakeReadOnly() => Command.RunWhenFree("mount", ["-o", "remount,ro", _folder]);

    public void Dispose()
    {
        // A test may have unmounted it.
        if (Mounts.In("/proc/self/mountinfo").Any(mount => mount.Point == _folder))
            Command.RunWhenFree("umount", [_folder]);
    }

    private static Mounted Mount(string folder, string[] arguments)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may mount a file system");
        Directory.CreateDirectory(folder);
        lock (LoopDevice.OneAtATime)
        {
            Assert.SkipUnless(Command.Try("mount", [.. arguments, folder], out var said), $"no file system can be mounted here: {said}");
        }

        return new Mounted(folder);
    }
}

/// <summary>A loop device over a file. Skips the test, by name, where there are none.</summary>
internal sealed class LoopDevice : IDisposable
{
    /// <summary>Held while a device is taken: what one test lets go for a moment, another must not find free.</summary>
    public static readonly Lock OneAtATime = new();

    private LoopDevice(string path) => Path = path;

    public string Path { get; }

    public static LoopDevice Over(string image, params string[] options)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may make a loop device");
        lock (OneAtATime)
        {
            Assert.SkipUnless(
                Command.Try("losetup", ["--find", "--show", .. options, image], out var path),
                $"no loop device can be made here: {path}"
            );
            return new LoopDevice(path.Trim());
        }
    }

    /// <summary>Puts another file behind the device, as another boot would.</summary>
    public void Swap(string image)
    {
        lock (OneAtATime)
        {
            Assert.True(Command.Try("losetup", ["--detach", Path], out _));
            Command.RunWhenFree("losetup", [Path, image]);
        }
    }

    /// <summary>The device's partition, whose node is made where nobody else makes nodes.</summary>
    public string Partition(int number)
    {
        var name = $"{System.IO.Path.GetFileName(Path)}p{number}";
        Command.Try("partx", ["--add", Path], out _);
        var folder = $"/sys/class/block/{name}";
        Assert.SkipUnless(File.Exists(folder + "/dev"), "loop devices have no partitions here");
        var its = File.ReadAllText(folder + "/dev").Trim();
        var node = "/dev/" + name;
        if (Libc.Stat(node, out var facts) == Errno.Ok && BlockDeviceIdentity.Number(facts.DeviceItself) == its)
            return node;

        // One that is there is of an earlier run: numbers of partitions are given anew each time.
        File.Delete(node);
        Assert.True(Command.Try("mknod", [node, "b", .. its.Split(':')], out var said), said);
        return node;
    }

    public void Dispose() => Command.Try("losetup", ["--detach", Path], out _);
}

internal static class Command
{
    /// <summary>Held while a program is started: until it has begun, its process has a copy of every file that this one has open. Who
    /// counts on a file being open nowhere else holds it, too.</summary>
    public static readonly Lock Starting = new();

    /// <summary>Runs a program of the system to its end. False when there is none of that name or it fails.</summary>
    public static bool Try(string name, string[] arguments, out string output)
    {
        try
        {
            using var process = Start(name, arguments);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            output = process.ExitCode == 0 ? output : error.Result;
            return process.ExitCode == 0;
        }
        catch (Win32Exception e)
        {
            output = e.Message;
            return false;
        }
    }

    /// <summary>Runs a program that needs something for itself. Whoever looks at that, from another process too, keeps it busy for a
    /// moment, and the kernel does not tell when it is free again.</summary>
    public static void RunWhenFree(string name, string[] arguments)
    {
        var began = TimeProvider.System.GetTimestamp();
        string said;
        while (!Try(name, arguments, out said))
        {
            var isBusy = said.Contains("busy", StringComparison.OrdinalIgnoreCase);
            Assert.True(isBusy && TimeProvider.System.GetElapsedTime(began) < Patience.Limit, said);
            Try("sleep", ["0.1"], out _);
        }
    }

    private static Process Start(string name, string[] arguments)
    {
        var start = new ProcessStartInfo(name, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C" },
        };
        lock (Starting)
        {
            return Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start");
        }
    }
}
