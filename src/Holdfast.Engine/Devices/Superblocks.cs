using System.Buffers.Binary;
using System.Text;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>
/// What a block device holds, from its first bytes: kind and UUID of a file system, a partition table or the like. Read by ourselves, as in
/// a container nobody else may have done it.
/// </summary>
internal static class Superblocks
{
    /// <summary>The btrfs superblock is the last that we look for: 4 KiB at 64 KiB.</summary>
    public const int Length = 68 * 1024;

    /// <summary>Of the device at a path, or null when it cannot be read or holds nothing that is known.</summary>
    public static string? Of(string path)
    {
        var errno = Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking | Libc.Direct, out var device);
        if (errno == Errno.Invalid)
        {
            device.Dispose();
            errno = Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking, out device);
        }

        using (device)
        {
            return errno == Errno.Ok ? Of(device) : null;
        }
    }

    /// <param name="device">Open for reading, directly or not.</param>
    public static string? Of(SafeFileHandle device)
    {
        var head = new byte[Length];
        return Read(device, 0, head) > 0 ? In(head) : null;
    }

    /// <summary>Fills what it can from a place that is a multiple of 4096; the rest stays zero.</summary>
    public static int Read(SafeFileHandle device, long offset, Span<byte> into)
    {
        // The buffer of a direct read must be aligned, and its length be whole blocks.
        using var buffer = new NativeBuffer((into.Length + 4095) / 4096 * 4096);
        try
        {
            var read = Math.Min(into.Length, RandomAccess.Read(device, buffer.GetSpan(), offset));
            buffer.GetSpan()[..read].CopyTo(into);
            return read;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <param name="head">The device's first <see cref="Length"/> bytes, zeros where it has fewer.</param>
    public static string? In(ReadOnlySpan<byte> head)
    {
        // What wraps others comes first; a partition table last, as file systems leave the first sector alone and old tables stay in it.
        if (head.StartsWith(LuksMagic))
            return $"luks {Ascii(head.Slice(168, 40))}";
        if (PhysicalVolume(head) is { } lvm)
            return lvm;
        if (head[4096..].StartsWith(RaidMagic))
            return $"raid {Uuid(head, 4096 + 16)}/{Uuid(head, 4096 + 168)}";
        if (head.StartsWith("XFSB"u8))
            return $"xfs {Uuid(head, 32)}";
        if (BinaryPrimitives.ReadUInt16LittleEndian(head[0x438..]) == 0xef53)
            return $"ext {Uuid(head, 0x468)}";
        if (head[0x10040..].StartsWith("_BHRfS_M"u8))
            return $"btrfs {Uuid(head, 0x10020)}/{Uuid(head, 0x1010b)}";
        if (head[1024..].StartsWith(F2fsMagic))
            return $"f2fs {Uuid(head, 1024 + 108)}";
        if (head[4086..].StartsWith("SWAPSPACE2"u8))
            return $"swap {Uuid(head, 1036)}";
        if (head[3..].StartsWith("NTFS    "u8))
            return $"ntfs {Convert.ToHexString(head.Slice(0x48, 8))}";
        if (head[3..].StartsWith("EXFAT   "u8))
            return $"exfat {Convert.ToHexString(head.Slice(100, 4))}";
        if (head[0x52..].StartsWith("FAT32   "u8))
            return $"vfat {Convert.ToHexString(head.Slice(0x43, 4))}";
        if (head[0x36..].StartsWith("FAT1"u8))
            return $"vfat {Convert.ToHexString(head.Slice(0x27, 4))}";

        return PartitionTable(head);
    }

    /// <summary>The table's id is in its second block, whatever the size of blocks.</summary>
    private static string? PartitionTable(ReadOnlySpan<byte> head)
    {
        foreach (var block in (ReadOnlySpan<int>)[512, 4096])
        {
            if (head[block..].StartsWith("EFI PART"u8))
                return $"gpt {new Guid(head.Slice(block + 56, 16))}";
        }

        var id = BinaryPrimitives.ReadUInt32LittleEndian(head[440..]);
        return head[510] == 0x55 && head[511] == 0xaa && id != 0 ? $"dos {id:x8}" : null;
    }

    private static string? PhysicalVolume(ReadOnlySpan<byte> head)
    {
        for (var sector = 0; sector < 4; sector++)
        {
            var label = head[(sector * 512)..];
            if (label.StartsWith("LABELONE"u8) && label[24..].StartsWith("LVM2 001"u8))
                return $"lvm {Ascii(label.Slice(32, 32))}";
        }

        return null;
    }

    private static ReadOnlySpan<byte> LuksMagic => [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xba, 0xbe];

    private static ReadOnlySpan<byte> RaidMagic => [0xfc, 0x4e, 0x2b, 0xa9];

    private static ReadOnlySpan<byte> F2fsMagic => [0x10, 0x20, 0xf5, 0xf2];

    private static string Uuid(ReadOnlySpan<byte> head, int at) => new Guid(head.Slice(at, 16), bigEndian: true).ToString();

    private static string Ascii(ReadOnlySpan<byte> text) => Encoding.ASCII.GetString(text).TrimEnd('\0', ' ');
}
