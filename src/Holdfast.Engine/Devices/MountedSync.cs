using System.Collections.Concurrent;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>
/// Syncs the file systems that are mounted on a volume or on what is made of it, topmost first, in all mount namespaces that can be seen;
/// then the page caches of those devices. One that does not answer holds nobody up for long.
/// </summary>
internal static class MountedSync
{
    /// <summary>How long all of it may take. A machine with much memory and a slow disk may have minutes of writing before it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private const uint BtrfsMagic = 0x9123683e;

    // What did not answer: not asked again before it did, so that threads do not pile up behind it.
    private static readonly ConcurrentDictionary<string, byte> Stuck = new();

    /// <returns>What could not be synced, in sentences.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(FileDevice device, TimeProvider clock, CancellationToken cancel)
    {
        var facts = device.Facts;
        var stack = device.IsBlockDevice ? DeviceStack.Over(facts.DeviceItself) : DeviceStack.OverFile(device.Name, facts);
        if (stack.Levels.Count == 0)
            return [];

        var failures = new List<string>(stack.Levels.SelectMany(level => level).Select(HeldBack).OfType<string>());
        var mounts = MountList.OfAllNamespaces();
        foreach (var level in stack.Levels.Reverse())
        {
            var calls = mounts.On(level).Select(mount => (mount.What, Call: (Func<int>)(() => SyncOne(mount)))).ToList();
            failures.AddRange(await RunAsync(calls, Patience, clock, cancel));
            var caches = level.Select(number => ($"the device {number}", (Func<int>)(() => SyncCache(number)))).ToList();
            failures.AddRange(await RunAsync(caches, Patience, clock, cancel));
        }

        return [.. failures.Select(failure => $"Of '{device.Name}' {failure}; what was written last may be missing in the backup")];
    }

    /// <summary>Runs calls that may never return, each on a thread of its own, and waits for all of them no longer than
    /// <paramref name="patience"/>.</summary>
    internal static async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<(string What, Func<int> Call)> calls,
        TimeSpan patience,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        var running = calls.Select(call => (call.What, Result: Stuck.ContainsKey(call.What) ? null : Start(call.Call))).ToList();
        try
        {
            await Task.WhenAll(running.Select(r => r.Result).OfType<Task>()).WaitAsync(patience, clock, cancel);
        }
        catch (TimeoutException)
        {
            // Each is looked at below.
        }

        var failures = new List<string>();
        foreach (var (what, result) in running)
        {
            if (result is null)
            {
                failures.Add($"{what} still does not answer to an earlier sync");
            }
            else if (!result.IsCompleted)
            {
                failures.Add($"{what} does not answer to a sync");
                Stuck[what] = 0;
                _ = result.ContinueWith(_ => Stuck.TryRemove(what, out var _), TaskScheduler.Default);
            }
            else if (await result is not Errno.Ok and var errno)
            {
                failures.Add($"{what} could not be synced: {Errno.Text(errno)}");
            }
        }

        return failures;
    }

    /// <summary>A write-back cache keeps what was written, for as long as it likes, where no sync brings it from.</summary>
    private static string? HeldBack(string number)
    {
        var folder = BlockDeviceIdentity.SystemFolder(number);
        return KernelFiles.Line(folder + "/bcache/state") is "dirty"
            ? $"a part is in the cache device of /dev/{Path.GetFileName(folder)} alone, which should be the volume instead"
            : null;
    }

    private static Task<int> Start(Func<int> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static int SyncOne(MountedFileSystem mounted)
    {
        var errno = Errno.NoEntry;
        foreach (var path in mounted.Paths)
        {
            errno = Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking, out var file);
            using (file)
            {
                if (errno != Errno.Ok)
                    continue;

                errno = IsOn(file, mounted.Number) ? Libc.SyncFileSystem(file) : Errno.NoEntry;
                if (errno == Errno.Ok)
                    break;
            }
        }

        if (errno is not (Errno.AccessDenied or Errno.NotPermitted or Errno.NoEntry))
            return errno;

        // Where no path leads to it for us, all that is mounted is synced: anybody may ask for that.
        Libc.SyncAll();
        return Errno.Ok;
    }

    /// <summary>Something else may be mounted over the mount point. Files of btrfs have numbers of their own.</summary>
    private static bool IsOn(SafeFileHandle file, string number) =>
        Libc.Stat(file, out var facts) == Errno.Ok
        && (
            BlockDeviceIdentity.Number(facts.Device) == number
            || (Libc.FileSystemMagic(file, out var magic) == Errno.Ok && magic == BtrfsMagic)
        );

    /// <summary>Each partition has a cache of its own, and so has its disk. A device without a node is nobody's to write to by
    /// it.</summary>
    private static int SyncCache(string number)
    {
        var name = Path.GetFileName(BlockDeviceIdentity.SystemFolder(number));
        var errno = Libc.Open("/dev/" + name.Replace('!', '/'), Libc.ReadOnly | Libc.NonBlocking, out var device);
        using (device)
        {
            return
                errno == Errno.Ok
                && Libc.Stat(device, out var facts) == Errno.Ok
                && facts.Type == FileType.BlockDevice
                && BlockDeviceIdentity.Number(facts.DeviceItself) == number
                ? Libc.Sync(device)
                : Errno.Ok;
        }
    }
}
