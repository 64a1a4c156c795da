using System.Text.Json.Serialization;
using Holdfast.Engine;
using Holdfast.Engine.Format;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;

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
    string Target
);

/// <summary>A repository that was made.</summary>
internal sealed record RepositoryOut(
    string Id,
    [property: JsonPropertyName("repository")] string Folder,
    [property: JsonPropertyName("key")] string KeyFile,
    string ChunkBytes
);

/// <summary>What a repository is. Sizes are bytes.</summary>
/// <param name="StoreClass"><c>A</c> to <c>D</c>; null for a folder, and where it was not asked yet.</param>
internal sealed record RepositoryShownOut(
    string Id,
    string? Owner,
    [property: JsonPropertyName("repository")] string Place,
    int ChunkBytes,
    string Compression,
    string? StoreClass,
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
            known?.AskedAt.UtcDateTime
        );
}

/// <summary>What a repository is and holds. Sizes are bytes.</summary>
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
    long TotalBytes
)
{
    public static RepositoryStatsOut Of(Repository repository, RepositoryStats stats) =>
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
            stats.TotalBytes
        );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BackupOut))]
[JsonSerializable(typeof(IReadOnlyList<BackupOut>))]
[JsonSerializable(typeof(RestoredOut))]
[JsonSerializable(typeof(RepositoryOut))]
[JsonSerializable(typeof(RepositoryShownOut))]
[JsonSerializable(typeof(RepositoryStatsOut))]
internal sealed partial class OfflineJson : JsonSerializerContext;
