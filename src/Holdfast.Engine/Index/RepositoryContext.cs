using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging;

namespace Holdfast.Engine.Index;

/// <summary>What every room of the engine needs of an open repository.</summary>
internal sealed record RepositoryContext(
    IObjectStore Store,
    Guid Id,
    int ChunkSize,
    int PackSize,
    Compression Compression,
    KeyRing Keys,
    RepositoryIndex Index,
    RepositoryLimits Limits,
    TimeProvider Clock,
    ILogger Log
)
{
    /// <summary>An index object is written at least this often, so that a backup that dies loses little: a later one finds what was
    /// stored. Only tests set another number of packs.</summary>
    public int PacksPerIndex { get; set; } = 64;

    /// <summary>Through which packs are put.</summary>
    public StoreRoom Room { get; } = new(Store);

    /// <summary>How many reads of a restore are under way at once. Each has up to 4 MiB, and a frame, in memory.</summary>
    public int ReadsAtOnce { get; init; } = Environment.ProcessorCount;
}
