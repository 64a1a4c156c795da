using System.Globalization;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>
/// Texts that differ when something was written in between: the kernel's own count for a block device, the times of a file. What they are
/// trusted for, and why: docs/decisions/0012-reading-live-devices.md.
/// </summary>
internal static class WriteMarks
{
    // The kernel stamps files by a clock that may tick only a hundred times a second.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    // Where a file system keeps whole seconds.
    private static readonly TimeSpan CoarseTick = TimeSpan.FromMilliseconds(1020);

    // Columns of /sys/block/*/stat.
    private static readonly int[] WriteColumns = [4, 6, 11, 13];

    /// <summary>How often the counts of a disk and of its partitions are taken again, as they cannot be taken at one moment.</summary>
    private const int Attempts = 20;

    /// <summary>A file's times are the kernel's, so this waits by the kernel's clock, a moment, until a later write would show in
    /// them.</summary>
    public static async ValueTask WaitUntilTellingAsync(SafeFileHandle file, CancellationToken cancel)
    {
        if (!FileDeviceStamp.IsTrusted(file) || Libc.Sync(file) != Errno.Ok || Libc.Stat(file, out var facts) != Errno.Ok)
            return;

        var left = TickOf(facts) - Age(facts, TimeProvider.System.GetUtcNow());
        if (left > TimeSpan.Zero && left <= CoarseTick)
            await Task.Delay(left + TimeSpan.FromMilliseconds(1), TimeProvider.System, cancel);
    }

    /// <summary>Size and times, once pages that are mapped were made to show the next store into them.</summary>
    public static string? OfFile(SafeFileHandle file)
    {
        if (!FileDeviceStamp.IsTrusted(file))
            return null;

        // A change since then could be followed by one that moves nothing: of the same page, or within the same tick.
        var before = TimeProvider.System.GetUtcNow();
        return Libc.Sync(file) == Errno.Ok && Libc.Stat(file, out var now) == Errno.Ok && Age(now, before) > TickOf(now)
            ? $"file-1 size={now.Size} modified={now.Modified} changed={now.Changed}"
            : null;
    }

    /// <param name="device">The open device.</param>
    /// <param name="number">Its number.</param>
    /// <param name="isDirect">Whether it is read past the page cache. Otherwise what waits there is read too, so it is counted too.</param>
    public static string? OfBlockDevice(SafeFileHandle device, ulong number, bool isDirect)
    {
        if (!isDirect && Libc.Sync(device) != Errno.Ok)
            return null;

        var itself = BlockDeviceIdentity.SystemFolder(BlockDeviceIdentity.Number(number));
        var isPartition = File.Exists(itself + "/partition");
        var disk = isPartition ? Path.GetFullPath(itself + "/..") : itself;
        if (KernelFiles.Line(disk + "/queue/iostats") != "1" || WritesInFlight(itself) != 0 || Counts(itself) is not { } own)
            return null;

        // Writes that go to a partition's place by way of its disk are in the disk's count alone.
        var past = isPartition ? WrittenPastPartitions(disk) : "0";
        var sequence = KernelFiles.Line(disk + "/diskseq");
        return past is null ? null : $"block-1 disk={sequence} written={string.Join(',', own)} past={past}";
    }

    private static string? WrittenPastPartitions(string disk)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (Counts(disk) is not { } all)
                return null;

            var past = (long[])[.. all];
            foreach (var partition in KernelFiles.Folders(disk).Where(folder => File.Exists(folder + "/partition")))
            {
                var its = Counts(partition);
                for (var i = 0; its is not null && i < past.Length; i++)
                    past[i] -= its[i];
            }

            if (Counts(disk) is { } again && all.AsSpan().SequenceEqual(again))
                return string.Join(',', past);
        }

        return null;
    }

    private static long[]? Counts(string device)
    {
        var columns = KernelFiles.Line(device + "/stat")?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (columns is null || columns.Length < 8)
            return null;

        // Kernels before 4.18 do not count discards.
        return [.. WriteColumns.Where(c => c < columns.Length).Select(c => long.Parse(columns[c], CultureInfo.InvariantCulture))];
    }

    /// <summary>What is under way was not counted yet, and may have been done in part. Null when nobody tells.</summary>
    private static long? WritesInFlight(string device) =>
        KernelFiles.Line(device + "/inflight")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var writes]
        && long.TryParse(writes, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : null;

    private static TimeSpan Age(in FileFacts facts, DateTimeOffset now)
    {
        var changed = facts.Changed.ToDateTimeOffset();
        var modified = facts.Modified.ToDateTimeOffset();

        // A time of modification may be set to anything; that of the change is the kernel's.
        return now - (modified > changed && modified <= now ? modified : changed);
    }

    private static TimeSpan TickOf(in FileFacts facts) => facts.Changed.Nanoseconds == 0 ? CoarseTick : Tick;
}
