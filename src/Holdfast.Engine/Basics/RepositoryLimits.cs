namespace Holdfast.Engine.Basics;

/// <summary>What an open repository may move at most, in bytes a second, for all its backups and restores together.</summary>
public sealed class RepositoryLimits(TimeProvider clock)
{
    /// <summary>Bytes read from volumes that are backed up.</summary>
    public RateLimit VolumeRead { get; } = new(clock);

    /// <summary>Bytes of packs written to the store, and of everything to that of a second copy; in the mean over a pack.</summary>
    public RateLimit StoreWrite { get; } = new(clock);

    /// <summary>Bytes of packs read from the store.</summary>
    public RateLimit StoreRead { get; } = new(clock);
}
