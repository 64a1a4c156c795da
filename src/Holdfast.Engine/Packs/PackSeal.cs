using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>Sealing inside packs. A pack has a key of its own and each frame another nonce. Spec: docs/format/repository-v1.md, section
/// 3.</summary>
internal static class PackSeal
{
    /// <param name="to">As long as <paramref name="plain"/> and a tag.</param>
    public static void Seal(AesGcm cipher, uint ordinal, ReadOnlySpan<byte> plain, Span<byte> to, ReadOnlySpan<byte> associated)
    {
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, ordinal);
        cipher.Encrypt(nonce, plain, to[..plain.Length], to.Slice(plain.Length, KeyRing.TagSize), associated);
    }

    /// <param name="from">Body and tag.</param>
    /// <param name="to">As long as the body.</param>
    /// <returns>False when the seal does not hold; then <paramref name="to"/> is all zeros.</returns>
    public static bool TryOpen(AesGcm cipher, uint ordinal, ReadOnlySpan<byte> from, Span<byte> to, ReadOnlySpan<byte> associated)
    {
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, ordinal);
        try
        {
            cipher.Decrypt(nonce, from[..^KeyRing.TagSize], from[^KeyRing.TagSize..], to, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static void WriteNonce(Span<byte> nonce, uint ordinal)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(nonce, ordinal);
    }
}
