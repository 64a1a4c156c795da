using System.Runtime.InteropServices;
using System.Text;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Keys;

/// <summary>A passphrase in the first line of a file or pipe, as UTF-8. All of the line counts, blanks at its ends too.</summary>
public static class PassphraseFile
{
    /// <summary>Characters that a new passphrase has at least.</summary>
    public const int Least = 8;

    /// <summary>Bytes of the line that are looked at.</summary>
    private const int Most = 4096;

    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.WrongKey"/> when the file cannot be
    /// read, or its first line is empty, too long or not UTF-8.</exception>
    public static RepositorySecret.Passphrase Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return Read(file, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(FailureKind.NotFound, $"There is no passphrase file '{path}'. Put one there, or name another.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(FailureKind.WrongKey, $"The passphrase file '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <param name="name">What to call the stream in errors.</param>
    /// <inheritdoc cref="Read(string)" path="/exception"/>
    public static RepositorySecret.Passphrase Read(Stream from, string name)
    {
        var line = ReadLine(from);
        if (CollectionsMarshal.AsSpan(line).StartsWith(Encoding.UTF8.Preamble))
            line.RemoveRange(0, Encoding.UTF8.Preamble.Length);

        if (line is [.., (byte)'\r'])
            line.RemoveAt(line.Count - 1);

        if (line.Count is 0 or > Most)
        {
            throw new HoldfastException(
                FailureKind.WrongKey,
                $"'{name}' holds no passphrase in its first line, which {(line.Count == 0 ? "is empty" : $"has more than {Most} bytes")}."
            );
        }

        try
        {
            var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
            return new RepositorySecret.Passphrase(utf8.GetString([.. line]));
        }
        catch (DecoderFallbackException e)
        {
            throw new HoldfastException(FailureKind.WrongKey, $"The passphrase in '{name}' is not UTF-8. Save the file as UTF-8.", e);
        }
    }

    /// <summary>A byte at a time: what comes behind the line on a pipe is the next reader's.</summary>
    private static List<byte> ReadLine(Stream from)
    {
        var line = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        while (line.Count <= Most + Encoding.UTF8.Preamble.Length && from.Read(one) == 1 && one[0] != (byte)'\n')
            line.Add(one[0]);

        return line;
    }
}
