using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>
/// What identifies a block device: what the kernel tells under <c>/sys</c>, then what udev found (in a container there may be none), then
/// what the device's own bytes say.
/// </summary>
internal static class BlockDeviceIdentity
{
    /// <param name="number">The device's number.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="content">What it holds, if that is known: see <see cref="Superblocks"/>.</param>
    public static DeviceIdentity Of(ulong number, long size, string? content)
    {
        var itself = SystemFolder(Number(number));
        var isPartition = File.Exists(itself + "/partition");
        var disk = isPartition ? Path.GetFullPath(itself + "/..") : itself;
        var udev = Udev(Number(number));
        var backing = KernelFiles.Line(disk + "/loop/backing_file");
        return new DeviceIdentity
        {
            Kind = DeviceKind.BlockDevice,
            Size = size,
            Wwn = KernelFiles.Line(disk + "/wwid") ?? KernelFiles.Line(disk + "/device/wwid") ?? udev.GetValueOrDefault("ID_WWN"),
            Serial = Serial(disk, udev),
            PartitionUuid = isPartition ? Partition(itself, disk, udev) : null,
            FileSystemUuid = content,
            BackingFile = backing is null ? null : BackingFile(disk, backing),
            FileSystem = backing is null ? null : FileSystemName.Of(backing),
            Inode = backing is not null && Libc.Stat(backing, out var facts) == Errno.Ok ? unchecked((long)facts.Inode) : null,
        };
    }

    /// <summary>A device's number as the kernel writes it.</summary>
    public static string Number(ulong device) => $"{device >> 32}:{device & uint.MaxValue}";

    /// <summary>Where the kernel tells of a device; without links, so that a partition's parent is its disk.</summary>
    public static string SystemFolder(string number)
    {
        // Podman hides this folder from its containers, and not the other one, which takes longer.
        var link = "/sys/dev/block/" + number;
        return Libc.RealPath(link) ?? SystemFolderByName(number) ?? link;
    }

    internal static string? SystemFolderByName(string number) =>
        KernelFiles.Folders("/sys/class/block").FirstOrDefault(link => KernelFiles.Line(link + "/dev") == number) is { } found
            ? Libc.RealPath(found)
            : null;

    private static string? Serial(string disk, Dictionary<string, string> udev) =>
        KernelFiles.Line(disk + "/serial")
        ?? KernelFiles.Line(disk + "/device/serial")
        ?? ScsiSerial(KernelFiles.Bytes(disk + "/device/vpd_pg80"))
        ?? KernelFiles.Line(disk + "/device/cid")
        ?? KernelFiles.Line(disk + "/dm/uuid")
        ?? udev.GetValueOrDefault("MD_UUID")
        ?? udev.GetValueOrDefault("ID_SERIAL");

    /// <summary>A page of vital product data: four bytes of head, then the serial number.</summary>
    private static string? ScsiSerial(byte[] page) =>
        page.Length > 4 && Encoding.ASCII.GetString(page.AsSpan(4)).Trim('\0', ' ') is { Length: > 0 } serial ? serial : null;

    private static string BackingFile(string disk, string backing)
    {
        // The kernel says so of a file whose name was taken away, which is still the same file.
        const string Deleted = " (deleted)";
        var path = backing.EndsWith(Deleted, StringComparison.Ordinal) ? backing[..^Deleted.Length] : backing;
        return KernelFiles.Line(disk + "/loop/offset") is { } offset && offset != "0" ? $"{path} from byte {offset}" : path;
    }

    private static string? Partition(string itself, string disk, Dictionary<string, string> udev) =>
        FromEvent(itself)
        ?? udev.GetValueOrDefault("ID_PART_ENTRY_UUID")
        ?? FromTable(itself, disk)
        ?? (KernelFiles.Line(itself + "/start") is { } start ? $"at sector {start}" : null);

    private static string? FromEvent(string itself) =>
        KernelFiles
            .Lines(itself + "/uevent")
            .Where(line => line.StartsWith("PARTUUID=", StringComparison.Ordinal))
            .Select(line => line["PARTUUID=".Length..].ToLowerInvariant())
            .FirstOrDefault(id => id.Length > 0);

    /// <summary>The partition's id in the table of its disk, written as the kernel writes it.</summary>
    private static string? FromTable(string itself, string disk)
    {
        if (!int.TryParse(KernelFiles.Line(itself + "/partition"), NumberStyles.None, null, out var number))
            return null;

        var errno = Libc.Open("/dev/" + Path.GetFileName(disk), Libc.ReadOnly | Libc.NonBlocking | Libc.Direct, out var table);
        using (table)
        {
            if (errno != Errno.Ok || Libc.BlockDeviceLogicalBlock(table, out var block) != Errno.Ok)
                return null;

            var head = new byte[8192];
            if (Superblocks.Read(table, 0, head) < head.Length)
                return null;

            var header = head.AsSpan(block);
            if (header.StartsWith("EFI PART"u8))
                return FromGpt(table, header, block, number);

            var id = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(440));
            return head[510] == 0x55 && head[511] == 0xaa && id != 0 ? $"{id:x8}-{number:x2}" : null;
        }
    }

    private static string? FromGpt(SafeFileHandle table, ReadOnlySpan<byte> header, int block, int number)
    {
        var entries = BinaryPrimitives.ReadInt64LittleEndian(header[72..]);
        var size = BinaryPrimitives.ReadInt32LittleEndian(header[84..]);
        if (entries is < 1 or > 1 << 20 || size is < 128 or > 4096 || number < 1)
            return null;

        var at = (entries * block) + ((number - 1) * (long)size) + 16;
        var page = at / 4096 * 4096;
        var around = new byte[8192];
        var id = Superblocks.Read(table, page, around) > at - page + 16 ? around.AsSpan((int)(at - page), 16) : default;
        return id.ContainsAnyExcept((byte)0) ? new Guid(id).ToString() : null;
    }

    /// <summary>Lines <c>E:NAME=value</c> of udev's data base.</summary>
    public static Dictionary<string, string> Udev(string number)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in KernelFiles.Lines("/run/udev/data/b" + number))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 2 && line.StartsWith("E:", StringComparison.Ordinal))
                values[line[2..equals]] = line[(equals + 1)..];
        }

        return values;
    }
}
