using Holdfast.Engine.Basics;

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
    /// <summary>Bytes of the volume that could not be restored, in order; only where damage was allowed.</summary>
    public IReadOnlyList<ByteRange> Missing { get; init; } = [];
}
