using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Posix;

/// <summary>
/// The system calls that the framework does not offer. Each answers zero or an error number of <see cref="Errno"/>; none throws. Only
/// constants that are the same on every 64-bit Linux are used, but for two flags of open(2).
/// </summary>
internal static partial class Libc
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;

    /// <summary>Opens folders only. Not the same number on every processor.</summary>
    public static readonly int Folder = IsArm ? 0x4000 : 0x10000;

    public const int LockShared = 1;
    public const int LockExclusive = 2;
    public const int LockWithoutWaiting = 4;

    public const int SeekData = 3;
    public const int SeekHole = 4;

    public const int FallocateKeepSize = 1;
    public const int FallocatePunchHole = 2;

    public const int AdviseSequential = 2;
    public const int AdviseNotNeeded = 4;

    /// <summary>Reads and writes past the page cache; offsets, lengths and addresses must be whole blocks.</summary>
    public static readonly int Direct = IsArm ? 0x10000 : 0x4000;

    /// <summary>Fails with <see cref="Errno.Loop"/> where the last name of a path is a symbolic link.</summary>
    public static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    private const int Unlock = 8;
    private const int CloseOnExec = 0x80000;
    private const int AtCurrentFolder = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint RenameNoReplace = 1;
    private const uint StatAll = 0x7ff | 0x800 | 0x1000 | 0x4000;
    private const uint SyncRangeWrite = 2;
    private const nuint BlockGetSize64 = 0x80081272;
    private const nuint BlockZeroOut = 0x127f;
    private const nuint BlockLogicalSize = 0x1268;
    private const nuint BlockFlushBuffers = 0x1261;
    private const nuint BlockReadPartitions = 0x125f;
    private const nuint GetFileSystemUuid = 0x80111500;
    public const int PathOnly = 0x200000;
    private const int SetSignal = 10;
    private const int IgnoredSignal = 23;
    private const int SetLease = 1024;
    private const int WriteLease = 1;
    private const int NoLease = 2;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>The user whose rights the process has.</summary>
    public static uint User => UserCall();

    public static int Open(string path, int flags, out SafeFileHandle handle, uint mode = 0x1b6)
    {
        int fd;
        int errno;
        do
        {
            fd = OpenCall(path, flags | CloseOnExec, mode);
            errno = fd >= 0 ? Errno.Ok : Marshal.GetLastPInvokeError();
        } while (errno == Errno.Interrupted);

        handle = new SafeFileHandle(fd, ownsHandle: true);
        return errno;
    }

    /// <summary>Opens what is open already a second time, whatever its name leads to now.</summary>
    public static int OpenAgain(SafeFileHandle file, int flags, out SafeFileHandle handle)
    {
        using var hold = new FileDescriptor(file);
        return Open($"/proc/self/fd/{hold.Number}", flags, out handle);
    }

    public static int Stat(string path, out FileFacts facts) =>
        Facts(StatxCall(AtCurrentFolder, path, 0, StatAll, out var raw), raw, out facts);

    public static int Stat(SafeFileHandle file, out FileFacts facts)
    {
        using var hold = new FileDescriptor(file);
        return Facts(StatxCall(hold.Number, "", AtEmptyPath, StatAll, out var raw), raw, out facts);
    }

    /// <summary>The path of an existing file with all symbolic links followed, or null when it does not exist or cannot be told.</summary>
    public static string? RealPath(string path)
    {
        var errno = Open(path, PathOnly, out var file);
        using (file)
        {
            if (errno != Errno.Ok)
                return null;

            using var hold = new FileDescriptor(file);
            return new FileInfo($"/proc/self/fd/{hold.Number}").LinkTarget;
        }
    }

    public static int FileSystemMagic(SafeFileHandle file, out uint magic)
    {
        using var hold = new FileDescriptor(file);
        Span<uint> raw = stackalloc uint[64];
        var errno = Result(FstatfsCall(hold.Number, ref raw[0]));
        magic = raw[0];
        return errno;
    }

    /// <summary>Bytes that a user without privileges may still write to the file system of a path.</summary>
    public static int FreeBytes(string path, out long bytes)
    {
        Span<ulong> raw = stackalloc ulong[32];
        var errno = Result(StatvfsCall(path, ref raw[0]));
        var free = (UInt128)raw[1] * raw[4];
        bytes = free > long.MaxValue ? long.MaxValue : (long)free;
        return errno;
    }

    public static int Sync(SafeFileHandle file)
    {
        using var hold = new FileDescriptor(file);
        return Result(FsyncCall(hold.Number));
    }

    /// <summary>Returns when all that the file system of an open file or folder holds back is on its device.</summary>
    public static int SyncFileSystem(SafeFileHandle file)
    {
        using var hold = new FileDescriptor(file);
        return Result(SyncfsCall(hold.Number));
    }

    /// <summary>Returns when all that any file system holds back is on its device.</summary>
    public static void SyncAll() => SyncCall();

    /// <summary>The UUID of the file system that an open file lies on. Kernels from 6.9.</summary>
    public static int FileSystemUuid(SafeFileHandle file, out byte[] uuid)
    {
        using var hold = new FileDescriptor(file);
        Span<long> raw = stackalloc long[3];
        var errno = Result(IoctlCall(hold.Number, GetFileSystemUuid, ref raw[0]));
        var answer = MemoryMarshal.AsBytes(raw);
        uuid = errno == Errno.Ok ? answer.Slice(1, Math.Min((int)answer[0], 16)).ToArray() : [];
        return errno;
    }

    /// <summary>Makes a name that was given or taken away in a folder last, once the file itself is synced.</summary>
    /// <param name="path">The file's, absolute.</param>
    public static int SyncFolderOf(string path)
    {
        var errno = Open(Path.GetDirectoryName(path) ?? "/", ReadOnly, out var folder);
        using (folder)
        {
            return errno == Errno.Ok ? Sync(folder) : errno;
        }
    }

    /// <summary>Asks the kernel to begin writing a range out; a hint, so its failure is nobody's business: the sync at the end will
    /// tell.</summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length)
    {
        using var hold = new FileDescriptor(file);
        _ = SyncFileRangeCall(hold.Number, offset, length, SyncRangeWrite);
    }

    public static void StartWritebackOfAll(SafeFileHandle file) => StartWriteback(file, 0, 0);

    public static int Link(string from, string to) => Result(LinkCall(from, to));

    public static int Rename(string from, string to) => Result(RenameCall(from, to));

    /// <summary>Renames unless the new name is taken. <see cref="Errno.NotImplemented"/> where the C library does not know the
    /// call.</summary>
    public static int RenameIfAbsent(string from, string to)
    {
        try
        {
            return Result(RenameAt2Call(AtCurrentFolder, from, AtCurrentFolder, to, RenameNoReplace));
        }
        catch (EntryPointNotFoundException)
        {
            return Errno.NotImplemented;
        }
    }

    public static int Unlink(string path) => Result(UnlinkCall(path));

    public static int MakeFolder(string path) => Result(MkdirCall(path, 0x1ff));

    public static int Lock(SafeFileHandle file, int operation)
    {
        using var hold = new FileDescriptor(file);
        int errno;
        do
        {
            errno = Result(FlockCall(hold.Number, operation));
        } while (errno == Errno.Interrupted);

        return errno;
    }

    /// <summary>
    /// Gives a lock back, then closes the file. To close alone is not enough: a process that is just being started holds a copy of every
    /// open file for a moment, and the lock with it.
    /// </summary>
    public static void UnlockAndClose(SafeFileHandle file)
    {
        if (!file.IsClosed)
            _ = Lock(file, Unlock);

        file.Dispose();
    }

    public static int Seek(SafeFileHandle file, long offset, int whence, out long at)
    {
        using var hold = new FileDescriptor(file);
        at = LseekCall(hold.Number, offset, whence);
        return at >= 0 ? Errno.Ok : Marshal.GetLastPInvokeError();
    }

    public static int Fallocate(SafeFileHandle file, int mode, long offset, long length)
    {
        using var hold = new FileDescriptor(file);
        return Result(FallocateCall(hold.Number, mode, offset, length));
    }

    /// <param name="from">Where the advice begins to hold; it holds to the end.</param>
    public static void Advise(SafeFileHandle file, int advice, long from = 0)
    {
        using var hold = new FileDescriptor(file);
        _ = FadviseCall(hold.Number, from, 0, advice);
    }

    public static int BlockDeviceSize(SafeFileHandle device, out long size)
    {
        using var hold = new FileDescriptor(device);
        Span<long> answer = stackalloc long[2];
        var errno = Result(IoctlCall(hold.Number, BlockGetSize64, ref answer[0]));
        size = answer[0];
        return errno;
    }

    /// <summary>Bytes of the smallest piece that a device reads or writes.</summary>
    public static int BlockDeviceLogicalBlock(SafeFileHandle device, out int size)
    {
        using var hold = new FileDescriptor(device);
        var answer = 0L;
        var errno = Result(IoctlCall(hold.Number, BlockLogicalSize, ref answer));
        size = unchecked((int)answer);
        return errno == Errno.Ok && (size < 512 || !int.IsPow2(size)) ? Errno.Invalid : errno;
    }

    /// <summary>Writes out and forgets what the page cache holds of a device. Needs the rights of an administrator.</summary>
    public static int BlockDeviceDropCache(SafeFileHandle device)
    {
        using var hold = new FileDescriptor(device);
        var none = 0L;
        return Result(IoctlCall(hold.Number, BlockFlushBuffers, ref none));
    }

    /// <summary>Has the kernel read the partition table of a disk again.</summary>
    public static int BlockDeviceReadPartitions(SafeFileHandle device)
    {
        using var hold = new FileDescriptor(device);
        var none = 0L;
        return Result(IoctlCall(hold.Number, BlockReadPartitions, ref none));
    }

    /// <summary>Sets who may do what with an open file.</summary>
    public static int ChangeMode(SafeFileHandle file, uint mode)
    {
        using var hold = new FileDescriptor(file);
        return Result(FchmodCall(hold.Number, mode));
    }

    public static int BlockDeviceZero(SafeFileHandle device, long offset, long length)
    {
        using var hold = new FileDescriptor(device);
        Span<long> range = [offset, length];
        return Result(IoctlCall(hold.Number, BlockZeroOut, ref range[0]));
    }

    /// <summary>
    /// Asks for a write lease and gives it back at once. The kernel grants it only to a file's sole opener, so <see cref="Errno.TryAgain"/>
    /// or
    /// <see cref="Errno.Busy"/> says that somebody else has the file open; other errors say that the file system or our rights do not allow
    /// the question.
    /// </summary>
    public static int ProbeSoleOpener(SafeFileHandle file)
    {
        using var hold = new FileDescriptor(file);

        // Should somebody open the file in the moment that we hold the lease, the kernel tells us by a signal, and the usual one for it
        // ends a process.
        _ = FcntlCall(hold.Number, SetSignal, IgnoredSignal);
        var errno = Result(FcntlCall(hold.Number, SetLease, WriteLease));
        if (errno == Errno.Ok)
            _ = FcntlCall(hold.Number, SetLease, NoLease);

        return errno;
    }

    private static int Result(int answer) => answer >= 0 ? Errno.Ok : Marshal.GetLastPInvokeError();

    private static int Facts(int answer, in StatxBuffer raw, out FileFacts facts)
    {
        facts = answer >= 0 ? raw.ToFacts() : default;
        return Result(answer);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxCall(int folder, string path, int flags, uint mask, out StatxBuffer buffer);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int FstatfsCall(int fd, ref uint buffer);

    // On 64-bit Linux: block size, fragment size, blocks, free, available, …: eight bytes each.
    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatvfsCall(string path, ref ulong buffer);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FsyncCall(int fd);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncfsCall(int fd);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void SyncCall();

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FchmodCall(int fd, uint mode);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserCall();

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRangeCall(int fd, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkCall(string from, string to);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameCall(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2Call(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkCall(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkdirCall(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FlockCall(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long LseekCall(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int FallocateCall(int fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int FadviseCall(int fd, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlCall(int fd, nuint request, ref long argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlCall(int fd, int command, int argument);

    /// <summary>Keeps a handle's descriptor from being closed, and its number reused, while a call runs.</summary>
    private readonly ref struct FileDescriptor : IDisposable
    {
        private readonly SafeFileHandle _handle;
        private readonly bool _held;

        public FileDescriptor(SafeFileHandle handle)
        {
            _handle = handle;
            handle.DangerousAddRef(ref _held);
        }

        public int Number => (int)_handle.DangerousGetHandle();

        public void Dispose()
        {
            if (_held)
                _handle.DangerousRelease();
        }
    }
}
