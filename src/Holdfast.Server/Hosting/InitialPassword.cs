using Holdfast.Engine.Basics;

namespace Holdfast.Server.Hosting;

/// <summary>The file of the data folder that has the first user's password where it was made up: of a start that did not come to its end,
/// too. Whoever reads it deletes it.</summary>
internal sealed class InitialPassword(string folder)
{
    private readonly string _path = Path.Combine(folder, "initial-admin-password");

    /// <summary>The file's path; null where there is none.</summary>
    public string? Find() => File.Exists(_path) ? _path : null;

    /// <summary>For its owner's eyes only, from the first byte on. On the disk when this returns.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.WriteFailed"/>.</exception>
    public void Write(string password)
    {
        try
        {
            // Of a first start that was not finished.
            File.Delete(_path);
            using var stream = new FileStream(
                _path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly.File,
                }
            );
            using var text = new StreamWriter(stream);
            text.WriteLine(password);
            text.Flush();
            stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                FailureKind.WriteFailed,
                $"The password of the first user cannot be written to '{_path}': {e.Message} Nobody could sign in, so this start made no "
                    + $"user. Make room, or give a password in HOLDFAST_ADMIN_PASSWORD.",
                e
            );
        }
    }
}
