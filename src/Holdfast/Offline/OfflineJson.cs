using System.Text.Json.Serialization;
using Holdfast.Engine;
using Holdfast.Engine.Format;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Restore;

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
    IReadOnlyDictionary<string, string> Labels
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
    string Id,
    string Volume,
    string Source,
    string Target
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

/// <summary>A repository that was made.</summary>
internal sealed record RepositoryOut(
    string Id,
    [property: JsonPropertyName("repository")] string Folder,
    [property: JsonPropertyName("key")] string KeyFile,
    string ChunkBytes
);

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
[JsonSerializable(typeof(VerifiedOut))]
[JsonSerializable(typeof(RepositoryOut))]
[JsonSerializable(typeof(RepositoryStatsOut))]
internal sealed partial class OfflineJson : JsonSerializerContext;
