namespace Holdfast.Engine.Restore;

public sealed record RestoreOptions
{
    /// <summary>The target is known to read as zeros everywhere (a new file), so zeros need not be written. Default false.</summary>
    public bool TargetIsZero { get; init; }
}

/// <summary>How far a restore is. Bytes of the volume.</summary>
public readonly record struct RestoreProgress(long BytesDone, long BytesTotal);

/// <summary>What a restore did, in bytes.</summary>
public sealed record RestoreFigures(long BytesWritten, long BytesZero, long BytesRead);
