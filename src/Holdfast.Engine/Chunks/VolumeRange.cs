namespace Holdfast.Engine.Chunks;

/// <summary>A run of bytes of a volume.</summary>
/// <param name="Offset">Of its first byte, from 0.</param>
/// <param name="Length">In bytes, at least 1.</param>
public readonly record struct VolumeRange(long Offset, long Length);
