using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Engine.Format;

/// <summary>
/// The objects that must be readable before there is a key: JSON whose member <c>check</c> is a hash of all its bytes, so that damage is
/// told from a wrong key and from a newer version. Spec: docs/format/repository-v1.md, section 9.
/// </summary>
internal static class CheckedJson
{
    /// <summary>What <c>check</c> holds while it is computed.</summary>
    public const string Blank = "0000000000000000";

    private static ReadOnlySpan<byte> Marker => "\"check\": \""u8;

    /// <param name="blank">The document, its <c>check</c> being <see cref="Blank"/>.</param>
    public static byte[] Write<T>(T blank, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(blank, type);
        var at = bytes.AsSpan().LastIndexOf(Marker) + Marker.Length;
        System.Text.Encoding.ASCII.GetBytes(Compute(bytes), bytes.AsSpan(at, Blank.Length));
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> made, of any version. Null when a byte of it is not what was written.</summary>
    public static T? TryRead<T>(ReadOnlySpan<byte> from, JsonTypeInfo<T> type)
        where T : class
    {
        var at = from.LastIndexOf(Marker) + Marker.Length;
        if (at < Marker.Length || from.Length - at < Blank.Length)
            return null;

        var blanked = from.ToArray();
        blanked.AsSpan(at, Blank.Length).Fill((byte)'0');
        if (!from.Slice(at, Blank.Length).SequenceEqual(System.Text.Encoding.ASCII.GetBytes(Compute(blanked))))
            return null;

        try
        {
            return JsonSerializer.Deserialize(from, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The format that a sound object says it has, or null: a newer one may have members that we cannot read.</summary>
    public static int? TryReadFormat(ReadOnlySpan<byte> from)
    {
        var head = TryRead(from, FormatJson.Default.CheckedHead);
        return head?.Format;
    }

    private static string Compute(ReadOnlySpan<byte> blanked) =>
        Convert.ToHexStringLower(SHA256.HashData(blanked).AsSpan(0, Blank.Length / 2));
}

/// <summary>What every version of a checked object has.</summary>
internal sealed record CheckedHead([property: System.Text.Json.Serialization.JsonPropertyName("format")] int Format);
