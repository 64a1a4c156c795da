using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Keys;

/// <summary>A key file on paper: six numbered lines, each with a check, to be typed again when every machine is gone. Spec:
/// docs/format/repository-v1.md, section 9.</summary>
public static partial class KeyKit
{
    private const int LineCount = 6;
    private const int PieceSize = 8;
    private const int DigitCount = 16;
    private const int GroupSize = 4;

    /// <summary>Crockford's base 32: no letter that is read for a digit.</summary>
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>The six lines for a key file, like <c>1: 04hj 5k2c …</c>.</summary>
    /// <param name="keyFile">Path of a key file, or of a kit that was typed.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.WrongKey"/> when it is no key
    /// file.</exception>
    public static IReadOnlyList<string> Make(string keyFile) => Write(KeyFile.Read(keyFile));

    internal static IReadOnlyList<string> Write(KeyFile file)
    {
        byte[] bytes = [.. file.Repository.ToByteArray(bigEndian: true), .. file.Key];
        return [.. Enumerable.Range(0, LineCount).Select(i => WriteLine(i + 1, bytes.AsSpan(i * PieceSize, PieceSize)))];
    }

    /// <summary>Whether a text has a numbered line, and so may be a kit.</summary>
    internal static bool IsLike(string text) => Line().IsMatch(text);

    /// <summary>Reads the numbered lines, in any order, and passes over all else.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.WrongKey"/> naming the lines that are not what was printed.</exception>
    internal static KeyFile Read(string text, string path)
    {
        var pieces = new byte[LineCount][];
        var mistakes = new List<string>();
        foreach (var match in Line().Matches(text).Cast<Match>())
        {
            var number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
            if (number is < 1 or > LineCount)
                mistakes.Add($"there is no line {number}: a kit has the lines 1 to {LineCount}");
            else if (ReadLine(number, match.Groups["digits"].Value, out var piece) is { } mistake)
                mistakes.Add($"line {number} {mistake}");
            else if (pieces[number - 1] is { } other && !other.AsSpan().SequenceEqual(piece))
                mistakes.Add($"line {number} is there twice, each time another");
            else
                pieces[number - 1] = piece;
        }

        if (mistakes.Count == 0)
            mistakes.AddRange(from i in Enumerable.Range(0, LineCount) where pieces[i] is null select $"line {i + 1} is missing");

        if (mistakes.Count > 0)
        {
            throw new HoldfastException(
                FailureKind.WrongKey,
                $"The key kit in '{path}' is not what was printed: {string.Join("; ", mistakes)}. Compare it with the page."
            );
        }

        byte[] bytes = [.. pieces.SelectMany(piece => piece)];
        return new KeyFile(new Guid(bytes.AsSpan(0, 16), bigEndian: true), bytes[16..]);
    }

    private static string WriteLine(int number, ReadOnlySpan<byte> piece)
    {
        Span<byte> bytes = stackalloc byte[PieceSize + sizeof(ushort)];
        piece.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[PieceSize..], Check(number, piece));
        var line = new StringBuilder($"{number}:");
        for (var i = 0; i < DigitCount; i++)
            line.Append(i % GroupSize == 0 ? " " : "").Append(Digits[Digit(bytes, i)]);

        return line.ToString();
    }

    /// <returns>What is wrong with the line, as the end of a sentence, or null.</returns>
    private static string? ReadLine(int number, string text, out byte[] piece)
    {
        piece = new byte[PieceSize];
        var typed = KeyFileText.WithoutSpace(text).Replace("-", "", StringComparison.Ordinal);
        Span<byte> bytes = stackalloc byte[PieceSize + sizeof(ushort)];
        for (var i = 0; i < typed.Length; i++)
        {
            var digit = Digits.IndexOf(Meant(typed[i]), StringComparison.Ordinal);
            if (digit < 0)
                return $"holds a '{typed[i]}', which no kit has";

            if (i < DigitCount)
                Set(bytes, i, digit);
        }

        if (typed.Length != DigitCount)
            return $"has {typed.Length} characters, not {DigitCount}";

        bytes[..PieceSize].CopyTo(piece);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes[PieceSize..]) == Check(number, piece)
            ? null
            : "has a mistake: its check does not hold";
    }

    private static char Meant(char typed) =>
        char.ToLowerInvariant(typed) switch
        {
            'o' => '0',
            'i' or 'l' => '1',
            var other => other,
        };

    /// <summary>Five bits, the highest first.</summary>
    private static int Digit(ReadOnlySpan<byte> bytes, int i)
    {
        var (at, shift) = Math.DivRem(i * 5, 8);
        var two = (bytes[at] << 8) | (at + 1 < bytes.Length ? bytes[at + 1] : 0);
        return (two >> (11 - shift)) & 31;
    }

    private static void Set(Span<byte> bytes, int i, int digit)
    {
        var (at, shift) = Math.DivRem(i * 5, 8);
        var two = digit << (11 - shift);
        bytes[at] |= (byte)(two >> 8);
        if (at + 1 < bytes.Length)
            bytes[at + 1] |= (byte)(two & 0xff);
    }

    /// <summary>CRC-16 of the line's number and its piece (polynomial 0x1021, from 0xFFFF): finds every mistake in three neighbouring
    /// characters, so any one that is wrong, any two that were swapped, and lines that were.</summary>
    private static ushort Check(int number, ReadOnlySpan<byte> piece) => Crc(Crc(0xffff, [(byte)number]), piece);

    internal static ushort Crc(ushort crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            crc ^= (ushort)(b << 8);
            for (var bit = 0; bit < 8; bit++)
                crc = (ushort)(((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff);
        }

        return crc;
    }

    [GeneratedRegex(@"^[\s>]*(?<number>[0-9]{1,3})\s*[:.)](?<digits>[^\r\n]*)\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}
