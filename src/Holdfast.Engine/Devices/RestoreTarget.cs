using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>
/// Where a backup is restored to, guarded: to hold one is to have been allowed to write. A new file grows under a name of its own,
/// <c>NAME.holdfast-partial</c>, and gets its name when it is complete; so what has the name is whole, even after a crash. An existing file
/// or device is held (<c>flock</c>; for a device also <c>O_EXCL</c>, which keeps it from being mounted) until disposal.
/// </summary>
public sealed class RestoreTarget : IAsyncDisposable
{
    private const string PartialSuffix = ".holdfast-partial";
    private const uint OwnersOnly = 0x180; // 0600

    private readonly FileDevice _device;
    private readonly string _path;
    private bool _completed;

    private RestoreTarget(FileDevice device, string path, bool isNew, bool isZero)
    {
        _device = device;
        _path = path;
        IsNew = isNew;
        IsZero = isZero;
    }

    /// <summary>What to write to.</summary>
    public IBlockDevice Device => _device;

    /// <summary>Whether the target is a file that is being made.</summary>
    public bool IsNew { get; }

    /// <summary>Whether the target is known to read as zeros everywhere, so zeros need not be written.</summary>
    public bool IsZero { get; }

    /// <summary>Opens a target for <paramref name="size"/> bytes. Nothing of an existing file or device is changed by this.</summary>
    /// <param name="address">A file that does not exist in a folder that does; or an existing file or block device of at least the
    /// size.</param>
    /// <param name="size">Bytes of the backup's volume.</param>
    /// <param name="overwrite">Whether what the target holds may be lost. Not needed for a new file and one without data.</param>
    /// <param name="registered">What the volume was that the target must be, or null when it is none's. A volume's device that is missing
    /// is never made as a file, and its file only on the file system that it was on.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the target is too small, holds data that may not be lost,
    /// or is neither file nor block device; <see cref="FailureKind.Busy"/> when it is in use; <see cref="FailureKind.NotFound"/> when the
    /// folder of a new file is missing, or a device, below <c>/dev</c> or a registered one; <see cref="FailureKind.DeviceChanged"/> when it
    /// is not what was registered; <see cref="FailureKind.WriteFailed"/> and <see cref="FailureKind.NoSpace"/>.</exception>
    public static RestoreTarget Open(DeviceAddress address, long size, bool overwrite, DeviceIdentity? registered = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (Exists(address.FilePath, out var facts))
            return OpenExisting(address.FilePath, facts, size, overwrite, registered);

        RestoreTargetGuard.ThrowIfNoPlaceForFile(address, registered);
        return MakeFile(address.FilePath, size);
    }

    /// <summary>Throws what <see cref="Open"/> would throw, as far as that can be told now, and leaves nothing open or made.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static async ValueTask CheckAsync(DeviceAddress address, long size, bool overwrite, DeviceIdentity? registered = null)
    {
        await using var target = Open(address, size, overwrite, registered);
    }

    /// <summary>
    /// Runs a restore into the target and completes it, or cleans up: if it fails, the message says what became of the target.
    /// </summary>
    public async Task<T> RunAsync<T>(Func<RestoreTarget, Task<T>> restore, CancellationToken cancel)
    {
        try
        {
            var result = await restore(this);
            await CompleteAsync(cancel);
            return result;
        }
        catch (HoldfastException e)
        {
            await DisposeAsync();
            throw new HoldfastException(e.Kind, $"{e.Message} {WhatBecameOfIt()}", e);
        }
    }

    /// <summary>Makes what was written durable and gives a new file its name.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.AlreadyExists"/> when something took the name meanwhile; nothing of it is
    /// changed.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancel)
    {
        await _device.FlushAsync(cancel);
        if (_device.IsBlockDevice)
            _device.ForgetCached();
        else if (IsNew && !_completed)
            GiveName();

        _completed = true;
    }

    /// <summary>Lets go of the target. A new file that was not completed is removed.</summary>
    public async ValueTask DisposeAsync()
    {
        // Removed while we still hold its lock, so that nobody can have begun to use it.
        if (IsNew && !_completed && !_device.File.IsClosed)
            _ = Libc.Unlink(_device.Name);

        Libc.UnlockAndClose(_device.File);
        await _device.DisposeAsync();
    }

    private static bool Exists(string path, out FileFacts facts)
    {
        var errno = Libc.Stat(path, out facts);
        if (errno == Errno.Ok)
            return true;

        if (errno != Errno.NoEntry)
            throw FileDeviceErrors.Opening(path, errno, Libc.WriteOnly);

        if (new FileInfo(path).LinkTarget is { } link)
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{path}' is a symbolic link to '{link}', which does not exist. Name the file itself."
            );

        return false;
    }

    private static RestoreTarget OpenExisting(string path, in FileFacts facts, long size, bool overwrite, DeviceIdentity? registered)
    {
        if (facts.Type is not (FileType.Regular or FileType.BlockDevice))
            throw FileDeviceErrors.NotAVolume(path, facts.Type);

        var device = RestoreTargetGuard.OpenAlone(path, facts);
        try
        {
            RestoreTargetGuard.ThrowIfAnother(device, registered);
            ThrowIfTooSmall(device, size);
            var isZero = !device.IsBlockDevice && FileDeviceExtents.IsAllHole(device.File, device.Size);
            if (!overwrite && !isZero)
            {
                throw new HoldfastException(
                    FailureKind.Refused,
                    $"'{path}' {(device.IsBlockDevice ? "is a device that may hold" : "holds")} data, which a restore would destroy. "
                        + "Confirm that it may be overwritten (--overwrite, or 'overwrite' in a request), or name a new file."
                );
            }

            RestoreTargetGuard.ThrowIfInUse(device);
            return new RestoreTarget(device, path, isNew: false, isZero);
        }
        catch
        {
            device.Close();
            throw;
        }
    }

    private static void ThrowIfTooSmall(FileDevice device, long size)
    {
        if (device.Size < size)
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{device.Name}' has {device.Size} bytes and the backup {size}: it does not fit. Name a larger device or a new file."
            );
    }

    private static RestoreTarget MakeFile(string path, long size)
    {
        var partial = path + PartialSuffix;
        var file = OpenPartial(path, partial);
        try
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.SetLength(file, size);
            return new RestoreTarget(FileDevice.Adopt(partial, file, TimeProvider.System), path, isNew: true, isZero: true);
        }
        catch (Exception e)
        {
            _ = Libc.Unlink(partial);
            file.Dispose();
            throw e is HoldfastException ? e : FileDeviceErrors.Writing(path, "cannot be made", Errno.Of(e), e);
        }
    }

    /// <summary>Makes the unfinished file, or takes over one that a restore that died has left. Held by us alone.</summary>
    private static SafeFileHandle OpenPartial(string path, string partial)
    {
        var errno = Libc.Open(partial, Libc.ReadWrite | Libc.Create | Libc.NonBlocking | Libc.NoFollow, out var file, OwnersOnly);
        if (errno == Errno.Ok)
        {
            ThrowIfPlanted(partial, file);

            // Whoever held it may have finished and renamed it between our opening and our lock.
            if (Libc.Lock(file, Libc.LockExclusive | Libc.LockWithoutWaiting) == Errno.Ok && LeadsTo(partial, file))
                return file;

            file.Dispose();
            throw new HoldfastException(FailureKind.Busy, $"Another restore into '{path}' is running.");
        }

        file.Dispose();
        if (errno is Errno.Loop or Errno.IsDirectory or Errno.NoDeviceOrAddress)
            throw Planted(partial, "is no regular file");

        throw FileDeviceErrors.Making(path, errno);
    }

    /// <summary>Whoever may write in the folder could have put something there that is not ours to write to.</summary>
    private static void ThrowIfPlanted(string partial, SafeFileHandle file)
    {
        var wrong =
            Libc.Stat(file, out var facts) != Errno.Ok || facts.Type != FileType.Regular ? "is no regular file"
            : facts.Owner != Libc.User ? $"belongs to user {facts.Owner}"
            : facts.Links != 1 ? $"has {facts.Links} names"
            : Libc.ChangeMode(file, OwnersOnly) is not Errno.Ok and var errno ? $"cannot be made private ({Errno.Text(errno)})"
            : null;
        if (wrong is null)
            return;

        file.Dispose();
        throw Planted(partial, wrong);
    }

    private static HoldfastException Planted(string partial, string wrong) =>
        new(
            FailureKind.Refused,
            $"'{partial}', where the restored file would grow, is there already and {wrong}; it was left alone. Remove it, or name another "
                + "target."
        );

    private static bool LeadsTo(string path, SafeFileHandle file) =>
        Libc.Stat(path, out var named) == Errno.Ok && Libc.Stat(file, out var opened) == Errno.Ok && named.IsSameFileAs(opened);

    private void GiveName()
    {
        var errno = Libc.RenameIfAbsent(_device.Name, _path);
        if (errno is Errno.Invalid or Errno.NotImplemented or Errno.NotSupported)
        {
            errno = Libc.Link(_device.Name, _path);
            if (errno == Errno.Ok)
                _ = Libc.Unlink(_device.Name);
        }

        if (errno == Errno.Exists)
            throw new HoldfastException(FailureKind.AlreadyExists, $"Something made '{_path}' while the restore ran; it was left alone.");

        if (errno == Errno.Ok)
            errno = Libc.SyncFolderOf(_path);

        if (errno != Errno.Ok)
            throw FileDeviceErrors.Writing(_path, "cannot be given its name", errno, null);
    }

    private string WhatBecameOfIt() =>
        IsNew
            ? $"The half-written file for '{_path}' was removed."
            : $"'{_path}' now holds a part of the backup and a part of what it held before; restore into it again.";
}
