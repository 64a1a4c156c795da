using System.Text;
using Holdfast.Running;

namespace Holdfast.Terminal;

/// <summary>
/// File names are bytes, a program's arguments are text: a byte that is not UTF-8 arrives as <see cref="Mangled"/>, and the name is then
/// that of another file, or of none. Said by name here, before a verb looks for it.
/// </summary>
internal static class Utf8Arguments
{
    /// <summary>What stands for bytes that are no text. A name may have it by right.</summary>
    public const char Mangled = '\uFFFD';

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Looks at the arguments as they were given to the process.</summary>
    /// <exception cref="UsageException">One of them is not UTF-8.</exception>
    public static void Check(string[] args)
    {
        if (!Array.Exists(args, arg => arg.Contains(Mangled)))
        {
            return;
        }

        try
        {
            Check(args.Length, File.ReadAllBytes("/proc/self/cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc there is nothing to compare with; the file will not be found.
        }
    }

    /// <param name="count">How many of the last arguments are the program's.</param>
    /// <param name="commandLine">All of them, a zero byte behind each.</param>
    internal static void Check(int count, ReadOnlySpan<byte> commandLine)
    {
        var all = new List<byte[]>();
        foreach (var range in commandLine.Split((byte)0))
        {
            all.Add(commandLine[range].ToArray());
        }

        // What stands behind the last zero byte is no argument.
        foreach (var given in all.SkipLast(1).TakeLast(count))
        {
            if (!IsUtf8(given))
            {
                throw new UsageException(
                    $"the argument {Quoted(given)} is not UTF-8. Holdfast takes names in UTF-8 only: give the file another name, or a "
                        + $"symbolic link with one (ln -s {Quoted(given)} NAME)."
                );
            }
        }
    }

    /// <summary>Whether the percent-escapes of a URL stand for UTF-8.</summary>
    public static bool IsUrlOfUtf8(string url)
    {
        var bytes = new List<byte>();
        for (var at = 0; at < url.Length; at++)
        {
            if (url[at] == '%' && at + 2 < url.Length && char.IsAsciiHexDigit(url[at + 1]) && char.IsAsciiHexDigit(url[at + 2]))
            {
                bytes.Add(Convert.FromHexString(url.AsSpan(at + 1, 2))[0]);
                at += 2;
            }
            else
            {
                // Whatever is no escape is text already; it only must part the escapes around it.
                bytes.Add((byte)'.');
            }
        }

        return IsUtf8([.. bytes]);
    }

    private static bool IsUtf8(byte[] bytes)
    {
        try
        {
            _ = Strict.GetCharCount(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>As bash and zsh take it: <c>$'…'</c> with the bytes that are not plain letters as <c>\xHH</c>.</summary>
    private static string Quoted(byte[] bytes)
    {
        var text = new StringBuilder("$'");
        foreach (var b in bytes)
        {
            _ = b is >= 0x20 and < 0x7f and not (byte)'\'' and not (byte)'\\' ? text.Append((char)b) : text.Append($"\\x{b:x2}");
        }

        return text.Append('\'').ToString();
    }
}
