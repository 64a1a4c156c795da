namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>How much a run of prune may do, and whom it tells.</summary>
public sealed record PruneOptions
{
    /// <summary>Objects that are condemned or decided on in one transaction: few enough that nobody waits for it.</summary>
    public const int BatchSize = 1000;

    /// <summary>Bytes of packs that a run reads to rewrite them. 0: whole packs only. Default 64 GiB.</summary>
    public long RewriteBytes { get; init; } = 64L * 1024 * 1024 * 1024;

    /// <summary>Packs that a run condemns. Default 200,000; a further run takes the rest.</summary>
    public int MostCondemned { get; init; } = 200_000;

    /// <summary>Told how far the run is, on whatever thread it is.</summary>
    public IProgress<PruneProgress>? Progress { get; init; }
}
