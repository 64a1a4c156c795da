namespace Holdfast.Engine.Basics;

/// <summary>A run of bytes of a volume.</summary>
/// <param name="Offset">Of its first byte, from 0.</param>
/// <param name="Length">In bytes, at least 1.</param>
public readonly record struct ByteRange(long Offset, long Length);
