using System.Buffers.Binary;
using System.Numerics;

namespace Holdfast.Engine.Basics;

/// <summary>CRC-32C (Castagnoli) over the plain headers, so that damage is told from a wrong key. Never a substitute for a seal.</summary>
internal static class Checksum
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    /// <summary>Writes the checksum of all bytes before the last four into the last four.</summary>
    public static void Seal(Span<byte> header) => BinaryPrimitives.WriteUInt32LittleEndian(header[^4..], Of(header[..^4]));

    public static bool Holds(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[^4..]) == Of(header[..^4]);
}
