using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Keys;

/// <summary>The file that opens a repository: four lines of text, readable by its owner only. Spec: docs/format/repository-v1.md, section
/// 9.</summary>
internal sealed partial record KeyFile(Guid Repository, byte[] Key)
{
    private const string Magic = "holdfast key 1";

    /// <summary>The four lines take about 130 bytes, a kit with all that its page says a thousand; twice that as UTF-16.</summary>
    private const int MaxSize = 4096;

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
                UnixCreateMode = OwnerOnly.File,
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
        byte[] bytes;
        try
        {
            bytes = ReadStart(path);
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

        var text = bytes.Length <= MaxSize ? KeyFileText.Decode(bytes) : "";
        return Parse(text)
            ?? (KeyKit.IsLike(text) ? KeyKit.Read(text, path) : null)
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

    /// <summary>Reads the four lines, whatever editors and mail did to the white space, the line ends and the case of hex digits.</summary>
    internal static KeyFile? Parse(string text)
    {
        var match = Form().Match(KeyFileText.WithoutSpace(text));
        if (!match.Success || !Guid.TryParseExact(match.Groups["repository"].Value, "N", out var repository))
            return null;

        var key = new byte[KeyRing.KeySize];
        if (!Convert.TryFromBase64String(match.Groups["key"].Value, key, out var length) || length != key.Length)
            return null;

        var file = new KeyFile(repository, key);
        return string.Equals(file.Check(), match.Groups["check"].Value, StringComparison.OrdinalIgnoreCase) ? file : null;
    }

    internal string ToText() => $"{Body()}check {Check()}\n";

    private string Check() => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Body())).AsSpan(0, 4));

    private string Body() => $"{Magic}\nrepository {Repository:N}\nkey {Convert.ToBase64String(Key)}\n";

    /// <summary>The whole of a file of at most <see cref="MaxSize"/> bytes, or one byte more of a longer one. What is no file is not
    /// opened: a pipe would wait for ever, a device may have no end.</summary>
    private static byte[] ReadStart(string path)
    {
        if (Libc.Stat(path, out var facts) == Errno.Ok && facts.Type != FileType.Regular)
        {
            var what = facts.Type == FileType.Folder ? "folder" : "device, pipe or socket";
            throw new IOException($"it is a {what}, not a file");
        }

        using var file = File.OpenHandle(path);
        var bytes = new byte[MaxSize + 1];
        var length = 0;
        for (int read; length < bytes.Length && (read = RandomAccess.Read(file, bytes.AsSpan(length), length)) > 0; length += read) { }

        return bytes[..length];
    }

    [GeneratedRegex(
        "^(?i:holdfastkey1repository)(?<repository>[0-9a-fA-F]{32})(?i:key)(?<key>[A-Za-z0-9+/]{43}=)(?i:check)(?<check>[0-9a-fA-F]{8})$",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Form();
}
