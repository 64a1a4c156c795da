using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>Files that stand for new, empty volumes. Each call is on the medium when it returns, the file's name with it.</summary>
public static class VolumeFile
{
    private const int TooLarge = 27; // EFBIG

    /// <summary>Makes a file that reads as zeros and takes no space, for nobody but the service's own user. Its folder is made where it is
    /// missing.</summary>
    /// <param name="path">Absolute; nothing may be there.</param>
    /// <param name="size">Bytes.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the file system holds no file of that size,
    /// <see cref="FailureKind.NoSpace"/>, or <see cref="FailureKind.WriteFailed"/>. Nothing is left behind then.</exception>
    public static void Make(string path, long size)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? "/", OwnerOnly.Folder);
            using var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    BufferSize = 0,
                    UnixCreateMode = OwnerOnly.File,
                }
            );
            try
            {
                RandomAccess.SetLength(file.SafeFileHandle, size);
                RandomAccess.FlushToDisk(file.SafeFileHandle);
                Sync(path, "made");
            }
            catch
            {
                File.Delete(path);
                throw;
            }
        }
        catch (ArgumentOutOfRangeException e)
        {
            // What the runtime makes of EFBIG.
            throw Refused(size, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Errno.Of(e) == TooLarge ? Refused(size, e) : FileDeviceErrors.Writing(path, "cannot be made", Errno.Of(e), e);
        }
    }

    /// <summary>Makes such a file larger; what is added reads as zeros and takes no space yet. One that is as large already stays as it
    /// is.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/> when it is not there, <see cref="FailureKind.Refused"/> when
    /// the file system holds no file of that size, <see cref="FailureKind.NoSpace"/>, or <see cref="FailureKind.WriteFailed"/>.</exception>
    public static void Grow(string path, long size)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (RandomAccess.GetLength(file) < size)
                RandomAccess.SetLength(file, size);

            RandomAccess.FlushToDisk(file);
        }
        catch (FileNotFoundException e)
        {
            throw new HoldfastException(FailureKind.NotFound, $"The volume's file '{path}' is not there: it cannot be extended.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileDeviceErrors.Writing(path, $"cannot be extended to {size} bytes", Errno.Of(e), e);
        }
    }

    /// <summary>Deletes such a file. One that is not there is deleted already.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.WriteFailed"/> and the like.</exception>
    public static void Delete(string path)
    {
        var errno = Libc.Unlink(path);
        if (errno is Errno.NoEntry or Errno.NotDirectory)
        {
            return;
        }

        if (errno != Errno.Ok)
        {
            throw FileDeviceErrors.Writing(path, "cannot be deleted", errno, null);
        }

        Sync(path, "deleted");
    }

    /// <summary>Gives such a file another name in its folder, which nothing has. False when it is not there.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.WriteFailed"/> and the like.</exception>
    public static bool TryRename(string path, string to)
    {
        var errno = Libc.Rename(path, to);
        if (errno is Errno.NoEntry or Errno.NotDirectory)
        {
            return false;
        }

        if (errno != Errno.Ok)
        {
            throw FileDeviceErrors.Writing(path, "cannot be given another name", errno, null);
        }

        Sync(path, "named");
        return true;
    }

    /// <summary>Whether nothing was ever written to the file.</summary>
    /// <exception cref="HoldfastException">As <see cref="DeviceAddress.OpenForReading()"/> does.</exception>
    public static bool IsEmpty(string path)
    {
        using var device = FileDevice.Open(path, Libc.ReadOnly, TimeProvider.System).File;
        return FileDeviceExtents.IsAllHole(device, RandomAccess.GetLength(device));
    }

    private static HoldfastException Refused(long size, Exception inner) =>
        new(FailureKind.Refused, $"The service's file system cannot hold a volume of {size} bytes. Ask for a smaller one.", inner);

    private static void Sync(string path, string what)
    {
        if (Libc.SyncFolderOf(path) is var errno and not Errno.Ok)
        {
            throw FileDeviceErrors.Writing(path, $"cannot be {what} for good", errno, null);
        }
    }
}
