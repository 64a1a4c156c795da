using System.Runtime.InteropServices;

namespace Holdfast.Engine.Posix;

internal enum FileType
{
    Other,
    Regular,
    Folder,
    BlockDevice,
    CharacterDevice,
    Socket,
    Pipe,
}

/// <summary>A file system time: seconds since 1970 and nanoseconds.</summary>
internal readonly record struct FileTime(long Seconds, uint Nanoseconds)
{
    /// <summary>Rounded down to the framework's 100 ns.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanoseconds / 100);

    public override string ToString() => $"{Seconds}.{Nanoseconds:D9}";
}

/// <summary>What the file system says of a file (<c>statx(2)</c>). Devices are (major &lt;&lt; 32 | minor).</summary>
internal readonly record struct FileFacts
{
    public required FileType Type { get; init; }

    /// <summary>The device that the file lies on.</summary>
    public required ulong Device { get; init; }

    public required ulong Inode { get; init; }

    /// <summary>The device that the file is, for block and character devices.</summary>
    public required ulong DeviceItself { get; init; }

    public required long Size { get; init; }

    /// <summary>Number of the user who owns it.</summary>
    public required uint Owner { get; init; }

    /// <summary>How many names it has.</summary>
    public required uint Links { get; init; }

    /// <summary>Bytes allocated on the medium.</summary>
    public required long Allocated { get; init; }

    public required FileTime Changed { get; init; }

    public required FileTime Modified { get; init; }

    /// <summary>Null where the file system keeps none.</summary>
    public required FileTime? Born { get; init; }

    /// <summary>The mount that the file was reached by; on kernels from 6.8 a number that is never used again until the next boot. Zero
    /// when not told.</summary>
    public required ulong Mount { get; init; }

    public bool IsSameFileAs(in FileFacts other) => Device == other.Device && Inode == other.Inode;
}

/// <summary>The kernel's <c>struct statx</c>, whose layout is the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatxBuffer
{
    private const uint BirthIsKnown = 0x800;

    [FieldOffset(0)]
    private readonly uint _mask;

    [FieldOffset(16)]
    private readonly uint _links;

    [FieldOffset(20)]
    private readonly uint _owner;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(40)]
    private readonly long _size;

    [FieldOffset(48)]
    private readonly long _blocks;

    [FieldOffset(80)]
    private readonly Time _born;

    [FieldOffset(96)]
    private readonly Time _changed;

    [FieldOffset(112)]
    private readonly Time _modified;

    [FieldOffset(128)]
    private readonly uint _itselfMajor;

    [FieldOffset(132)]
    private readonly uint _itselfMinor;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    [FieldOffset(144)]
    private readonly ulong _mount;

    public readonly FileFacts ToFacts() =>
        new()
        {
            Type = TypeOf(_mode),
            Device = ((ulong)_deviceMajor << 32) | _deviceMinor,
            Inode = _inode,
            DeviceItself = ((ulong)_itselfMajor << 32) | _itselfMinor,
            Size = _size,
            Owner = _owner,
            Links = _links,
            Allocated = _blocks * 512,
            Changed = _changed.ToFileTime(),
            Modified = _modified.ToFileTime(),
            Mount = _mount,
            Born = (_mask & BirthIsKnown) != 0 ? _born.ToFileTime() : null,
        };

    private static FileType TypeOf(ushort mode) =>
        (mode & 0xf000) switch
        {
            0x8000 => FileType.Regular,
            0x4000 => FileType.Folder,
            0x6000 => FileType.BlockDevice,
            0x2000 => FileType.CharacterDevice,
            0xc000 => FileType.Socket,
            0x1000 => FileType.Pipe,
            _ => FileType.Other,
        };

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        private readonly long _seconds;
        private readonly uint _nanoseconds;
        private readonly int _reserved;

        public readonly FileTime ToFileTime() => new(_seconds, _nanoseconds);
    }
}
