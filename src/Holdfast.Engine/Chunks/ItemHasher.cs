using System.Security.Cryptography;

namespace Holdfast.Engine.Chunks;

/// <summary>Makes ids: HMAC-SHA-256 under a key of the repository. Chunks and map nodes have a key each, so that one can never pass for the
/// other.</summary>
internal sealed class ItemHasher(byte[] key)
{
    public ItemId Hash(ReadOnlySpan<byte> item)
    {
        Span<byte> hash = stackalloc byte[ItemId.Size];
        HMACSHA256.HashData(key, item, hash);
        return new ItemId(hash);
    }

    /// <summary>Whether an item is all zeros. Vectorised; stops at the first byte that is not.</summary>
    public static bool IsZero(ReadOnlySpan<byte> item) => !item.ContainsAnyExcept((byte)0);
}
