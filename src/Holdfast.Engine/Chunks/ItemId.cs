using System.Buffers.Binary;

namespace Holdfast.Engine.Chunks;

/// <summary>
/// The keyed SHA-256 of a chunk or of a map node: 32 bytes. The default value, all zeros, stands for a chunk (or a subtree) of zeros, which
/// is never stored. Spec: docs/format/repository-v1.md, section 2.
/// </summary>
public readonly struct ItemId : IEquatable<ItemId>
{
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    public ItemId(ReadOnlySpan<byte> bytes)
    {
        _a = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..Size]);
    }

    public bool IsZero => (_a | _b | _c | _d) == 0;

    /// <summary>Eight bytes of the id: as the id is a keyed hash, no two of a billion items are likely to share them. For tables that
    /// must be small, and only where the bytes themselves are compared with the whole id before they are used.</summary>
    internal ulong Fingerprint => _a;

    public static bool operator ==(ItemId left, ItemId right) => left.Equals(right);

    public static bool operator !=(ItemId left, ItemId right) => !left.Equals(right);

    public static ItemId Parse(string hex) => new(Convert.FromHexString(hex));

    public void CopyTo(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, _a);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], _b);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], _c);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..Size], _d);
    }

    public bool Equals(ItemId other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals(object? obj) => obj is ItemId other && Equals(other);

    /// <summary>The id is a hash already: four of its bytes are as good as all of them.</summary>
    public override int GetHashCode() => unchecked((int)_a ^ (int)(_a >> 32));

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
