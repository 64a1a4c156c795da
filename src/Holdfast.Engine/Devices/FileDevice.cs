using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>A volume that is a regular file or a block device of this machine. Reads and writes are done when the call returns.</summary>
internal sealed class FileDevice : IBlockDevice
{
    // Zeroing is done by the device for whole blocks of this size; no logical block is larger.
    private const long ZeroingBlock = 4096;

    private const long ZeroingStep = 64 * 1024 * 1024;

    // After so many bytes the kernel is told to begin writing out all that waits, so that the flush at the end of a restore finds little
    // left to do.
    private const long WritebackStep = 64 * 1024 * 1024;

    private static readonly byte[] Zeros = new byte[1024 * 1024];

    private readonly SafeFileHandle _file;
    private readonly FileFacts _opened;
    private readonly TimeProvider _clock;
    private readonly DirectReading? _direct;
    private readonly string? _notDirect;
    private volatile bool _cannotPunch;
    private volatile bool _settled = true;
    private long _written;

    private FileDevice(string path, SafeFileHandle file, FileFacts facts, long size, TimeProvider clock)
    {
        Name = path;
        Size = size;
        _file = file;
        _opened = facts;
        _clock = clock;
        if (IsBlockDevice)
            _direct = DirectReading.TryOpen(file, size, out _notDirect);
    }

    public string Name { get; }

    public long Size { get; }

    public bool IsBlockDevice => _opened.Type == FileType.BlockDevice;

    internal SafeFileHandle File => _file;

    internal FileFacts Facts => _opened;

    /// <summary>Once all is written: what the page cache holds of the device is dropped, so that later reads, of its partitions too, are of
    /// the medium, and the kernel looks at its partitions anew. Both are done as far as our rights and the device allow.</summary>
    internal void ForgetCached()
    {
        _ = Libc.BlockDeviceDropCache(_file);
        Libc.Advise(_file, Libc.AdviseNotNeeded);
        _ = Libc.BlockDeviceReadPartitions(_file);
    }

    /// <inheritdoc cref="DeviceAddress.OpenForReading()"/>
    public static FileDevice OpenForReading(string path, TimeProvider clock)
    {
        var device = Open(path, Libc.ReadOnly, clock);
        if (device.Size == 0)
        {
            device.Close();
            throw FileDeviceErrors.Empty(path, device.IsBlockDevice);
        }

        Libc.Advise(device._file, Libc.AdviseSequential);
        return device;
    }

    /// <param name="flags">Access and further flags of <c>open(2)</c>.</param>
    /// <param name="clock">Tells whether times are too fresh to be trusted.</param>
    internal static FileDevice Open(string path, int flags, TimeProvider clock)
    {
        // Without waiting: opening a pipe would wait for somebody at its other end. Means nothing to files and block devices.
        var errno = Libc.Open(path, flags | Libc.NonBlocking, out var file);
        try
        {
            if (errno == Errno.Ok)
                return Adopt(path, file, clock);

            // What a thing is says more than why it did not open.
            if (Libc.Stat(path, out var facts) == Errno.Ok && facts.Type is not (FileType.Regular or FileType.BlockDevice))
                throw FileDeviceErrors.NotAVolume(path, facts.Type);

            throw FileDeviceErrors.Opening(path, errno, flags);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a device of an open file, which it then owns.</summary>
    internal static FileDevice Adopt(string path, SafeFileHandle file, TimeProvider clock)
    {
        var errno = Libc.Stat(file, out var facts);
        if (errno != Errno.Ok)
            throw FileDeviceErrors.Opening(path, errno, Libc.ReadOnly);

        var size = facts.Size;
        if (facts.Type == FileType.BlockDevice)
            errno = Libc.BlockDeviceSize(file, out size);
        else if (facts.Type != FileType.Regular)
            throw FileDeviceErrors.NotAVolume(path, facts.Type);

        return errno == Errno.Ok
            ? new FileDevice(path, file, facts, size, clock)
            : throw FileDeviceErrors.Opening(path, errno, Libc.ReadOnly);
    }

    public ValueTask ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var done = 0;
        while (done < into.Length)
        {
            var read = Read(offset + done, into.Span[done..]);
            if (read == 0)
                throw FileDeviceErrors.Ended(Name, offset + done, Size);

            done += read;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> from, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ThrowIfOutside(offset, from.Length);
        Write(offset, from.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteZerosAsync(long offset, long length, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ThrowIfOutside(offset, length);

        // A file system zeroes the ragged ends of a hole itself; a block device refuses ranges that are not whole blocks.
        var start = IsBlockDevice ? Math.Min(offset + length, (offset + ZeroingBlock - 1) / ZeroingBlock * ZeroingBlock) : offset;
        var end = IsBlockDevice ? Math.Max(start, (offset + length) / ZeroingBlock * ZeroingBlock) : offset + length;
        WriteZeros(offset, start, cancel);
        for (var at = start; at < end; at += ZeroingStep)
        {
            // A device may write every block, at its own pace: the call is deaf while it does.
            cancel.ThrowIfCancellationRequested();
            var step = Math.Min(ZeroingStep, end - at);
            if (!Punch(at, step))
                WriteZeros(at, at + step, cancel);
        }

        WriteZeros(end, offset + length, cancel);
        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync(CancellationToken cancel) =>
        new(
            Task.Run(
                () =>
                {
                    var errno = Libc.Sync(_file);
                    if (errno != Errno.Ok)
                        throw FileDeviceErrors.Writing(Name, "cannot be made durable", errno, null);
                },
                cancel
            )
        );

    public IEnumerable<Extent> Extents() => IsBlockDevice ? FileDeviceExtents.AllData(Size) : FileDeviceExtents.Of(_file, Size);

    public async ValueTask<IReadOnlyList<string>> SettleAsync(CancellationToken cancel)
    {
        var failures = await MountedSync.RunAsync(this, _clock, cancel);
        _settled = failures.Count == 0;
        if (!IsBlockDevice)
        {
            await WriteMarks.WaitUntilTellingAsync(_file, cancel);
            return failures;
        }

        if (_direct is not null || _notDirect is null)
            return failures;

        // Forgetting all of it needs the rights of an administrator; what nobody uses just now, anybody may have forgotten.
        if (Libc.BlockDeviceDropCache(_file) != Errno.Ok)
            Libc.Advise(_file, Libc.AdviseNotNeeded);

        return
        [
            .. failures,
            $"'{Name}' cannot be read past the page cache ({_notDirect}); what the cache held of it was dropped before it is read",
        ];
    }

    public string? WriteMark() =>
        !_settled ? null
        : IsBlockDevice ? WriteMarks.OfBlockDevice(_file, _opened.DeviceItself, isDirect: _direct is not null)
        : WriteMarks.OfFile(_file);

    public string? ContentStamp() => IsBlockDevice ? null : FileDeviceStamp.Of(Name, _opened, _clock);

    public DeviceIdentity? Identity() =>
        IsBlockDevice
            ? BlockDeviceIdentity.Of(_opened.DeviceItself, Size, Superblocks.In(Head()))
            : new DeviceIdentity
            {
                Kind = DeviceKind.File,
                Size = Size,
                FileSystem = FileSystemName.Of(Name),
                Inode = unchecked((long)_opened.Inode),
            };

    public void ThrowIfReplaced()
    {
        var errno = Libc.Stat(Name, out var now);
        if (errno != Errno.Ok)
            throw FileDeviceErrors.Gone(Name, errno);

        if (!now.IsSameFileAs(_opened) || now.Type != _opened.Type || now.DeviceItself != _opened.DeviceItself)
            throw new HoldfastException(
                FailureKind.DeviceChanged,
                $"Volume '{Name}' was replaced by something else of that name while it was read."
            );

        var size = now.Size;
        if (IsBlockDevice && Libc.BlockDeviceSize(_file, out size) is var failure && failure != Errno.Ok)
            throw FileDeviceErrors.Gone(Name, failure);

        if (size != Size)
            throw new HoldfastException(
                FailureKind.DeviceChanged,
                $"Volume '{Name}' was {Size} bytes when it was opened and is {size} now."
            );
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    internal void Close()
    {
        _direct?.Dispose();
        _file.Dispose();
    }

    /// <summary>The first bytes as far as there are any and they can be read, then zeros.</summary>
    private byte[] Head()
    {
        var head = new byte[Superblocks.Length];
        try
        {
            for (int done = 0, read = 1; read > 0 && done < head.Length; done += read)
                read = Read(done, head.AsSpan(done));
        }
        catch (HoldfastException)
        {
            // A medium that fails is for whoever reads it to tell; it may have an identity all the same.
        }

        return head;
    }

    private int Read(long offset, Span<byte> into)
    {
        try
        {
            return _direct is null ? RandomAccess.Read(_file, into, offset) : _direct.Read(offset, into);
        }
        catch (Exception e) when (Errno.Of(e) != Errno.Ok)
        {
            // A device that became smaller says so in more than one way.
            if (IsBlockDevice && Libc.BlockDeviceSize(_file, out var now) == Errno.Ok && now < Size)
                throw FileDeviceErrors.Ended(Name, now, Size);

            throw FileDeviceErrors.Reading(Name, offset, Errno.Of(e), e);
        }
    }

    private void Write(long offset, ReadOnlySpan<byte> from)
    {
        try
        {
            RandomAccess.Write(_file, from, offset);
            var written = Interlocked.Add(ref _written, from.Length);
            if (written / WritebackStep != (written - from.Length) / WritebackStep)
                Libc.StartWritebackOfAll(_file);
        }
        catch (Exception e) when (Errno.Of(e) != Errno.Ok)
        {
            throw FileDeviceErrors.Writing(Name, $"cannot be written at byte {offset}", Errno.Of(e), e);
        }
    }

    private void WriteZeros(long start, long end, CancellationToken cancel)
    {
        for (var at = start; at < end; at += Zeros.Length)
        {
            cancel.ThrowIfCancellationRequested();
            Write(at, Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, end - at)));
        }
    }

    /// <summary>Has the file system or device make a range zeros, freeing what it can. False when it cannot, and nothing was
    /// done.</summary>
    private bool Punch(long offset, long length)
    {
        if (_cannotPunch)
            return false;

        var errno = Libc.Fallocate(_file, Libc.FallocatePunchHole | Libc.FallocateKeepSize, offset, length);
        if (errno != Errno.Ok && IsBlockDevice)
            errno = Libc.BlockDeviceZero(_file, offset, length);

        if (errno is Errno.InputOutput or Errno.NoSpace or Errno.QuotaExceeded)
            throw FileDeviceErrors.Writing(Name, $"cannot be written at byte {offset}", errno, null);

        _cannotPunch = errno != Errno.Ok;
        return !_cannotPunch;
    }

    private void ThrowIfOutside(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (offset > Size - length)
            throw new ArgumentOutOfRangeException(
                nameof(offset),
                $"Bytes {offset} to {offset + length} are not all on '{Name}', which has {Size}."
            );
    }
}
