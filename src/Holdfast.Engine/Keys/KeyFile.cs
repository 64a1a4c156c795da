using System.Security.Cryptography;
using System.Text;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Keys;

/// <summary>The file that opens a repository: four lines of text, readable by its owner only. Spec: docs/format/repository-v1.md, section
/// 9.</summary>
internal sealed record KeyFile(Guid Repository, byte[] Key)
{
    private const string Magic = "holdfast key 1";

    /// <summary>Makes a key file of mode 0600, durably.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.AlreadyExists"/> when the path is taken,
    /// <see cref="FailureKind.WriteFailed"/>.</exception>
    public static KeyFile Create(string path, Guid repository)
    {
        var file = new KeyFile(repository, RandomNumberGenerator.GetBytes(KeyRing.KeySize));
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using var stream = new FileStream(path, options);
            stream.Write(Encoding.ASCII.GetBytes(file.ToText()));
            stream.Flush(flushToDisk: true);
            return file;
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new HoldfastException(
                FailureKind.AlreadyExists,
                $"The key file '{path}' exists already. Name another, or move it away: it may be the only key of a repository.",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(FailureKind.WriteFailed, $"The key file '{path}' cannot be written: {e.Message}", e);
        }
    }

    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.WrongKey"/> when it is no key file or
    /// damaged.</exception>
    public static KeyFile Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no key file '{path}'. Without the key the repository cannot be opened: put a copy of it there.",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(FailureKind.WrongKey, $"The key file '{path}' cannot be read: {e.Message}", e);
        }

        return Parse(text)
            ?? throw new HoldfastException(
                FailureKind.WrongKey,
                $"'{path}' is not a Holdfast key file, or it is damaged. Use a copy of the key."
            );
    }

    /// <exception cref="HoldfastException"><see cref="FailureKind.WrongKey"/> when this file opens another repository.</exception>
    public void ThrowIfNotOf(Guid repository, string path)
    {
        if (Repository != repository)
            throw new HoldfastException(
                FailureKind.WrongKey,
                $"The key file '{path}' is for repository {Repository:N}; this one is {repository:N}. Use its own key file."
            );
    }

    internal static KeyFile? Parse(string text)
    {
        // What editors and mail do to text is taken away first.
        var lines = text.TrimStart('\ufeff').Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (
            lines.Length != 4
            || lines[0] != Magic
            || !lines[1].StartsWith("repository ", StringComparison.Ordinal)
            || !lines[2].StartsWith("key ", StringComparison.Ordinal)
            || !Guid.TryParseExact(lines[1]["repository ".Length..], "N", out var repository)
        )
        {
            return null;
        }

        var key = new byte[KeyRing.KeySize];
        if (!Convert.TryFromBase64String(lines[2]["key ".Length..], key, out var length) || length != key.Length)
        {
            return null;
        }

        var file = new KeyFile(repository, key);
        return file.ToText() == $"{lines[0]}\n{lines[1]}\n{lines[2]}\n{lines[3]}\n" ? file : null;
    }

    internal string ToText()
    {
        var body = $"{Magic}\nrepository {Repository:N}\nkey {Convert.ToBase64String(Key)}\n";
        return $"{body}check {Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(body)).AsSpan(0, 4))}\n";
    }
}
