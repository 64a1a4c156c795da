using System.Text.Json.Serialization;
using Holdfast.Engine;
using Holdfast.Engine.Format;
using Holdfast.Engine.Manifests;

namespace Holdfast.Offline;

/// <summary>A restore point, as the offline verbs print it for programs. Times are UTC, sizes bytes.</summary>
internal sealed record BackupOut(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("volume")] string Volume,
    [property: JsonPropertyName("source")] string Source,
    [property: JsonPropertyName("number")] long Number,
    [property: JsonPropertyName("volume_bytes")] long VolumeBytes,
    [property: JsonPropertyName("started_at")] DateTime StartedAt,
    [property: JsonPropertyName("finished_at")] DateTime FinishedAt,
    [property: JsonPropertyName("parent")] string? Parent,
    [property: JsonPropertyName("consistency")] string Consistency,
    [property: JsonPropertyName("chunk_bytes")] int ChunkBytes,
    [property: JsonPropertyName("bytes_read")] long BytesRead,
    [property: JsonPropertyName("bytes_new")] long BytesNew,
    [property: JsonPropertyName("bytes_stored")] long BytesStored,
    [property: JsonPropertyName("chunks_total")] long ChunksTotal,
    [property: JsonPropertyName("chunks_zero")] long ChunksZero,
    [property: JsonPropertyName("chunks_new")] long ChunksNew,
    [property: JsonPropertyName("chunks_changed")] long ChunksChanged,
    [property: JsonPropertyName("root")] string Root,
    [property: JsonPropertyName("labels")] IReadOnlyDictionary<string, string> Labels
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

/// <summary>What a restore wrote, and where.</summary>
internal sealed record RestoredOut(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("volume")] string Volume,
    [property: JsonPropertyName("source")] string Source,
    [property: JsonPropertyName("target")] string Target
);

/// <summary>A repository that was made.</summary>
internal sealed record RepositoryOut(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("repository")] string Folder,
    [property: JsonPropertyName("key")] string KeyFile,
    [property: JsonPropertyName("chunk_bytes")] string ChunkBytes
);

/// <summary>What a repository is and holds. Sizes are bytes.</summary>
internal sealed record RepositoryStatsOut(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("chunk_bytes")] int ChunkBytes,
    [property: JsonPropertyName("compression")] string Compression,
    [property: JsonPropertyName("owner")] string? Owner,
    [property: JsonPropertyName("backups")] long Backups,
    [property: JsonPropertyName("data_packs")] long DataPacks,
    [property: JsonPropertyName("map_packs")] long MapPacks,
    [property: JsonPropertyName("data_bytes")] long DataBytes,
    [property: JsonPropertyName("map_bytes")] long MapBytes,
    [property: JsonPropertyName("index_bytes")] long IndexBytes,
    [property: JsonPropertyName("manifest_bytes")] long ManifestBytes,
    [property: JsonPropertyName("total_bytes")] long TotalBytes
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

[JsonSerializable(typeof(BackupOut))]
[JsonSerializable(typeof(IReadOnlyList<BackupOut>))]
[JsonSerializable(typeof(RestoredOut))]
[JsonSerializable(typeof(RepositoryOut))]
[JsonSerializable(typeof(RepositoryStatsOut))]
internal sealed partial class OfflineJson : JsonSerializerContext;
