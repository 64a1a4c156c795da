using System.Text;

namespace Holdfast.Engine.Keys;

/// <summary>The text of a key file that has been through editors, mail and other systems.</summary>
internal static class KeyFileText
{
    /// <summary>Text in UTF-8, UTF-16 (with a mark or without) or, where it is neither, Latin 1.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 2)
        {
            // A key file is ASCII: in UTF-16 every other byte is zero.
            if (bytes is [0xff, 0xfe, ..] || bytes[1] == 0)
                return Encoding.Unicode.GetString(bytes);

            if (bytes is [0xfe, 0xff, ..] || bytes[0] == 0)
                return Encoding.BigEndianUnicode.GetString(bytes);
        }

        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    /// <summary>Without white space of any kind, marks of byte order, characters of no width, and the <c>&gt;</c> of quoted mail: none of
    /// them means anything in a key file.</summary>
    public static string WithoutSpace(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c) && c is not ('>' or '\ufeff' or '\u2060' or (>= '\u200b' and <= '\u200d')))
                kept.Append(c);
        }

        return kept.ToString();
    }
}
