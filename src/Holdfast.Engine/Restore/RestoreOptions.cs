using Holdfast.Engine.Chunks;
using Holdfast.Engine.Manifests;

namespace Holdfast.Engine.Restore;

public sealed record RestoreOptions
{
    /// <summary>The target is known to read as zeros everywhere (a new file), so zeros need not be written. Default false.</summary>
    public bool TargetIsZero { get; init; }

    /// <summary>Restore what is left of a damaged backup: what cannot be read is written as zeros and told in
    /// <see cref="RestoreFigures.Missing"/>. Default false: the first damage ends the restore.</summary>
    public bool AllowDamaged { get; init; }
}

/// <summary>How far a restore is. Bytes of the volume.</summary>
public readonly record struct RestoreProgress(long BytesDone, long BytesTotal);

/// <summary>What a restore did, in bytes.</summary>
public sealed record RestoreFigures(long BytesWritten, long BytesZero, long BytesRead)
{
    /// <summary>Data packs that were read from.</summary>
    public int Packs { get; init; }

    /// <summary>Bytes of the volume that could not be restored, in order; only where damage was allowed.</summary>
    public IReadOnlyList<VolumeRange> Missing { get; init; } = [];
}

/// <summary>What was found whole: every byte of a restore point, from its chunks up to the root that its manifest names.</summary>
/// <param name="BytesVerified">Bytes of the volume that were read from packs, opened, and hashed to the id that the map has for
/// them.</param>
/// <param name="BytesZero">Bytes of the volume that the map says are zeros, which are stored nowhere. Together with
/// <paramref name="BytesVerified"/> the volume's size.</param>
/// <param name="BytesRead">Sealed bytes that were read from data packs.</param>
/// <param name="Packs">Data packs that were read from.</param>
/// <param name="Root">The map's root, 64 hex digits.</param>
/// <param name="Took">By a clock that nobody sets.</param>
public sealed record VerifyFigures(long BytesVerified, long BytesZero, long BytesRead, int Packs, string Root, TimeSpan Took)
{
    /// <summary>Of a restore that came to its end: whatever was no zero was verified.</summary>
    public static VerifyFigures Of(Manifest manifest, RestoreFigures restored, TimeSpan took) =>
        new(manifest.VolumeSize - restored.BytesZero, restored.BytesZero, restored.BytesRead, restored.Packs, manifest.Root, took);
}
