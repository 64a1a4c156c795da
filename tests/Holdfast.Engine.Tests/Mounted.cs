using System.ComponentModel;
using System.Diagnostics;

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

    public void MakeReadOnly() => Assert.True(Command.Try("mount", ["-o", "remount,ro", _folder], out _));

    public void Dispose() => Command.Try("umount", [_folder], out _);

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
            var (isTaken, said) = (false, "");

            // Whoever else has it open, to look what it is, keeps it until it has looked.
            for (var i = 0; i < 100 && !isTaken; i++)
            {
                isTaken = Command.Try("losetup", [Path, image], out said);
                Command.Try("sleep", [isTaken ? "0" : "0.1"], out _);
            }

            Assert.True(isTaken, said);
        }
    }

    /// <summary>The device's partition, whose node is made where nobody else makes nodes.</summary>
    public string Partition(int number)
    {
        var name = $"{System.IO.Path.GetFileName(Path)}p{number}";
        Command.Try("partx", ["--add", Path], out _);
        var folder = $"/sys/class/block/{name}";
        Assert.SkipUnless(File.Exists(folder + "/dev"), "loop devices have no partitions here");
        var its = File.ReadAllText(folder + "/dev").Trim().Split(':');
        if (!File.Exists("/dev/" + name))
            Assert.True(Command.Try("mknod", ["/dev/" + name, "b", its[0], its[1]], out var said), said);

        return "/dev/" + name;
    }

    public void Dispose() => Command.Try("losetup", ["--detach", Path], out _);
}

internal static class Command
{
    /// <summary>Runs a program of the system to its end. False when there is none of that name or it fails.</summary>
    public static bool Try(string name, string[] arguments, out string output)
    {
        try
        {
            using var process =
                Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
                ?? throw new InvalidOperationException($"{name} did not start");
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
}
