using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Server.Hosting;

/// <summary>The data folder, held by one process at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>The error number of a lock that another process has (EWOULDBLOCK), where the framework keeps it.</summary>
    private const int HeldByAnother = 11;

    private readonly FileStream _lock;

    private DataFolder(FileStream @lock) => _lock = @lock;

    /// <summary>Makes the folder where it is absent, readable by its owner only, and takes its lock.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.WriteFailed"/>, <see cref="FailureKind.Busy"/>.</exception>
    public static DataFolder Open(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder, OwnerOnly.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                FailureKind.WriteFailed,
                $"The data folder '{folder}' cannot be made: {e.Message} Name another with --data.",
                e
            );
        }

        var path = Path.Combine(folder, "holdfast.lock");
        try
        {
            return new DataFolder(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HoldfastException(
                FailureKind.WriteFailed,
                $"The data folder '{folder}' cannot be written by {OwnUser.Text}: {e.Message} Give it to that user (chown -R "
                    + $"{OwnUser.Number}), run as its owner, or name another with --data.",
                e
            );
        }
        catch (IOException e) when (e.HResult == HeldByAnother)
        {
            throw new HoldfastException(
                FailureKind.Busy,
                $"Another holdfast uses the data folder '{folder}'. Stop that one, or name another folder with --data.",
                e
            );
        }
        catch (IOException e)
        {
            throw new HoldfastException(
                FailureKind.WriteFailed,
                $"The data folder '{folder}' cannot be written: {e.Message}. Mend that, or name another with --data.",
                e
            );
        }
    }

    public void Dispose() => _lock.Dispose();
}
