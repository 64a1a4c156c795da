using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>What prune saw and did. Bytes are of stored objects; a living pack's are shared out by its items.</summary>
public sealed record PruneFigures
{
    /// <summary>Packs that index objects name and that are not on their way out.</summary>
    public long Packs { get; init; }

    public long IndexObjects { get; init; }

    /// <summary>Chunks and map nodes that are needed, each once.</summary>
    public long ItemsLive { get; init; }

    /// <summary>What available backups need.</summary>
    public long BytesLive { get; init; }

    /// <summary>What only deleted backups need, as long as they can be brought back.</summary>
    public long BytesDeleted { get; init; }

    /// <summary>What only running jobs hold.</summary>
    public long BytesHeld { get; init; }

    /// <summary>What nobody needs in packs that something lives in.</summary>
    public long BytesUnused { get; init; }

    /// <summary>Packs that nothing lives in and that were not condemned before.</summary>
    public long PacksDead { get; init; }

    public long BytesDead { get; init; }

    /// <summary>Objects that no index object names, or index objects that do not count, not condemned before.</summary>
    public long ObjectsLoose { get; init; }

    public long BytesLoose { get; init; }

    /// <summary>Packs that are, or in a dry run would be, chosen to be rewritten.</summary>
    public long PacksToRewrite { get; init; }

    public long BytesToMove { get; init; }

    /// <summary>Objects that are condemned when the run ends, and what they wait for.</summary>
    public long ObjectsCondemned { get; init; }

    public long BytesCondemned { get; init; }

    public IReadOnlyList<PruneWaiting> WaitingFor { get; init; } = [];

    /// <summary>Objects on their way out that the run did not get to.</summary>
    public long ObjectsDeleting { get; init; }

    /// <summary>Bytes of the objects that this run deleted.</summary>
    public long BytesFreed { get; init; }

    public long PacksDeleted { get; init; }

    /// <summary>Packs whose living items this run copied to others.</summary>
    public long PacksRewritten { get; init; }

    /// <summary>Bytes of the packs of copies.</summary>
    public long BytesRewritten { get; init; }

    /// <summary>Chunks that are needed and that no index object places in a pack that is there: damage. 0 in a sound repository.</summary>
    public long ItemsMissing { get; init; }

    /// <summary>Packs that were to be rewritten and hold a frame that does not open: damage.</summary>
    public IReadOnlyList<string> DamagedPacks { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, PruneJson.Default.PruneFigures);

    /// <summary>Null when the text is none.</summary>
    public static PruneFigures? FromJson(string text) =>
        // What an older version wrote has not all members; lists that are not there are empty.
        StoredJson.TryRead(text, PruneJson.Default.PruneFigures) is { } figures
            ? figures with
            {
                WaitingFor = figures.WaitingFor ?? [],
                DamagedPacks = figures.DamagedPacks ?? [],
            }
            : null;
}

/// <summary>A job that condemned objects wait for.</summary>
/// <param name="Job">32 hex digits.</param>
/// <param name="Volume">The volume that it writes a backup of, or null.</param>
public sealed record PruneWaiting(string Job, string? Volume, DateTimeOffset Since);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PruneFigures))]
internal sealed partial class PruneJson : JsonSerializerContext;
