using System.Text.Json.Serialization;
using Holdfast.Engine;
using Holdfast.Engine.Format;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Upkeep;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Offline;

/// <summary>A restore point, as the offline verbs print it for programs. Times are UTC, sizes bytes.</summary>
internal sealed record BackupOut(
    string Id,
    string Volume,
    string Source,
    long Number,
    long VolumeBytes,
    DateTime StartedAt,
    DateTime FinishedAt,
    string? Parent,
    string Consistency,
    int ChunkBytes,
    long BytesRead,
    long BytesNew,
    long BytesStored,
    long ChunksTotal,
    long ChunksZero,
    long ChunksNew,
    long ChunksChanged,
    string Root,
    IReadOnlyDictionary<string, string> Labels,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RequestsOut? StoreRequests = null
)
{
    public static BackupOut Of(Manifest manifest) =>
        new(
            manifest.Id.ToString(),
            manifest.Volume,
            manifest.Source,
            manifest.Number,
            manifest.VolumeSize,
            manifest.StartedAt.UtcDateTime,
            manifest.FinishedAt.UtcDateTime,
            manifest.Parent?.ToString(),
            manifest.Consistency,
            manifest.ChunkSize,
            manifest.Figures.BytesRead,
            manifest.Figures.BytesNew,
            manifest.Figures.BytesStored,
            manifest.Figures.ChunksTotal,
            manifest.Figures.ChunksZero,
            manifest.Figures.ChunksNew,
            manifest.Figures.ChunksChanged,
            manifest.Root,
            manifest.Labels
        );
}

/// <summary>Requests that a verb has sent to an object store.</summary>
internal sealed record RequestsOut(long Puts, long Gets, long Heads, long Lists, long Deletes, long Others)
{
    public static RequestsOut? Of(StoreRequests? sent) =>
        sent is { } r ? new(r.Puts, r.Gets, r.Heads, r.Lists, r.Deletes, r.Others) : null;
}

/// <summary>What a restore wrote, and where.</summary>
internal sealed record RestoredOut(
    string Id,
    string Volume,
    string Source,
    string Target,
    long BytesMissing,
    IReadOnlyList<MissingOut> Missing
);

/// <summary>A restore point that was found whole. Sizes are bytes.</summary>
internal sealed record VerifiedOut(
    string Id,
    string Volume,
    string Source,
    string Root,
    long BytesVerified,
    long BytesZero,
    long BytesRead,
    int Packs,
    long TookMs
)
{
    public static VerifiedOut Of(Manifest manifest, VerifyFigures figures) =>
        new(
            manifest.Id.ToString(),
            manifest.Volume,
            manifest.Source,
            figures.Root,
            figures.BytesVerified,
            figures.BytesZero,
            figures.BytesRead,
            figures.Packs,
            (long)figures.Took.TotalMilliseconds
        );
}

/// <summary>Bytes of a volume that a damaged backup does not hold any more.</summary>
internal sealed record MissingOut(long Offset, long Length);

/// <summary>A repository that was made.</summary>
/// <param name="KeyFile">Null where a passphrase opens it.</param>
internal sealed record RepositoryOut(
    string Id,
    [property: JsonPropertyName("repository")] string Folder,
    [property: JsonPropertyName("key")] string? KeyFile,
    string ChunkBytes
);

/// <summary>What a repository is. Sizes are bytes.</summary>
/// <param name="StoreClass"><c>A</c> to <c>D</c>; null for a folder, and where it was not asked yet.</param>
/// <param name="StoreBestClass">The best that it was ever found to be in this place.</param>
internal sealed record RepositoryShownOut(
    string Id,
    string? Owner,
    [property: JsonPropertyName("repository")] string Place,
    int ChunkBytes,
    string Compression,
    string? StoreClass,
    string? StoreBestClass,
    DateTime? StoreAskedAt
)
{
    public static RepositoryShownOut Of(OfflineRepository opened, KnownStoreClass? known) =>
        new(
            opened.Repository.Id,
            opened.Repository.Options.Owner,
            opened.Place,
            opened.Repository.Options.ChunkSize,
            opened.Repository.Options.Compression.Name(),
            known?.Class.Letter(),
            known?.Best.Letter(),
            known?.AskedAt.UtcDateTime
        );
}

/// <summary>What a repository is and holds. Sizes are bytes.</summary>
/// <param name="LastPrune">Always null: without a service nobody writes that down.</param>
internal sealed record RepositoryStatsOut(
    string Id,
    int ChunkBytes,
    string Compression,
    string? Owner,
    long Backups,
    long DataPacks,
    long MapPacks,
    long DataBytes,
    long MapBytes,
    long IndexBytes,
    long ManifestBytes,
    long TotalBytes,
    long Packs,
    long? BytesLive,
    long? BytesUnused,
    long? BytesDeleted,
    string? LastPrune
)
{
    /// <param name="found">What a look at the whole repository found, or null where there was none.</param>
    public static RepositoryStatsOut Of(Repository repository, RepositoryStats stats, PruneFigures? found) =>
        new(
            repository.Id,
            repository.Options.ChunkSize,
            repository.Options.Compression.Name(),
            repository.Options.Owner,
            stats.Backups,
            stats.DataPacks,
            stats.MapPacks,
            stats.DataBytes,
            stats.MapBytes,
            stats.IndexBytes,
            stats.ManifestBytes,
            stats.TotalBytes,
            stats.DataPacks + stats.MapPacks,
            found?.BytesLive,
            found?.BytesUnused,
            found?.BytesDeleted,
            LastPrune: null
        );
}

/// <summary>A key of a repository.</summary>
/// <param name="Used">Whether it is the one that the verb opened the repository with.</param>
internal sealed record KeyOut(string Id, string Kind, string Label, DateTime CreatedAt, bool Used)
{
    public static KeyOut Of(RepositoryKey key, string usedId) =>
        new(key.Id, key.Kind, key.Label, key.CreatedAt.UtcDateTime, key.Id == usedId);
}

/// <summary>A file that is kept in a repository.</summary>
internal sealed record RescueFileOut(string Name, long Bytes, string Sha256, DateTime PutAt)
{
    public static RescueFileOut Of(RescueFile file) => new(file.Name, file.Bytes, file.Sha256, file.PutAt.UtcDateTime);
}

/// <summary>What a repair did, or would do.</summary>
/// <param name="Sound">Whether every backup can be restored whole now.</param>
/// <param name="Damage">What was damaged before.</param>
/// <param name="Lost">What is lost for good.</param>
internal sealed record RepairOut(
    bool Sound,
    bool DryRun,
    IReadOnlyList<DamageFigures> Damage,
    IReadOnlyList<DamageFigures> Lost,
    IReadOnlyList<string> DamagedBackups,
    IReadOnlyList<string> ObjectsPutBack,
    int PacksIndexed,
    int PacksFetched,
    int PacksSaved,
    int PacksAside,
    int IndexObjectsWritten,
    int IndexObjectsRemoved,
    long BytesRead
)
{
    public static RepairOut Of(RepairResult result, IReadOnlyList<string> putBack, bool dryRun) =>
        new(
            result.IsSound,
            dryRun,
            [.. result.Found.Select(DamageFigures.Of)],
            [.. result.Lost.Select(DamageFigures.Of)],
            [.. result.DamagedBackups.Select(backup => backup.ToString())],
            [.. putBack, .. result.ObjectsFetched],
            result.PacksIndexed,
            result.PacksFetched,
            result.PacksSaved,
            result.PacksAside,
            result.IndexObjectsWritten,
            result.IndexObjectsRemoved,
            result.BytesRead
        );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BackupOut))]
[JsonSerializable(typeof(IReadOnlyList<BackupOut>))]
[JsonSerializable(typeof(RestoredOut))]
[JsonSerializable(typeof(VerifiedOut))]
[JsonSerializable(typeof(RepositoryOut))]
[JsonSerializable(typeof(RepositoryShownOut))]
[JsonSerializable(typeof(RepositoryStatsOut))]
[JsonSerializable(typeof(CopyFigures))]
[JsonSerializable(typeof(KeyOut))]
[JsonSerializable(typeof(IReadOnlyList<KeyOut>))]
[JsonSerializable(typeof(RescueFileOut))]
[JsonSerializable(typeof(IReadOnlyList<RescueFileOut>))]
[JsonSerializable(typeof(CheckFigures))]
[JsonSerializable(typeof(RepairOut))]
internal sealed partial class OfflineJson : JsonSerializerContext;
