using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Format;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Manifests;

/// <summary>A manifest as it is written. Spec: docs/format/repository-v1.md, section 8.</summary>
internal sealed record ManifestDocument
{
    private const int CurrentVersion = 1;

    [JsonPropertyName("version")]
    public required int Version { get; init; }

    [JsonPropertyName("backup")]
    public required Guid Backup { get; init; }

    [JsonPropertyName("hash")]
    public required string Hash { get; init; }

    [JsonPropertyName("cipher")]
    public required string Cipher { get; init; }

    [JsonPropertyName("compressor")]
    public required string Compressor { get; init; }

    [JsonPropertyName("era")]
    public required long Era { get; init; }

    [JsonPropertyName("number")]
    public required long Number { get; init; }

    [JsonPropertyName("volume")]
    public required string Volume { get; init; }

    [JsonPropertyName("source")]
    public required string Source { get; init; }

    [JsonPropertyName("volume_size")]
    public required long VolumeSize { get; init; }

    [JsonPropertyName("chunk_size")]
    public required int ChunkSize { get; init; }

    [JsonPropertyName("levels")]
    public required int Levels { get; init; }

    [JsonPropertyName("root")]
    public required string Root { get; init; }

    [JsonPropertyName("started_at")]
    public required DateTimeOffset StartedAt { get; init; }

    [JsonPropertyName("finished_at")]
    public required DateTimeOffset FinishedAt { get; init; }

    [JsonPropertyName("consistency")]
    public required string Consistency { get; init; }

    [JsonPropertyName("device")]
    public DeviceIdentity? Device { get; init; }

    [JsonPropertyName("changes_found")]
    public required string ChangesFound { get; init; }

    [JsonPropertyName("parent")]
    public Guid? Parent { get; init; }

    [JsonPropertyName("content_stamp")]
    public string? ContentStamp { get; init; }

    [JsonPropertyName("bytes_read")]
    public required long BytesRead { get; init; }

    [JsonPropertyName("bytes_new")]
    public required long BytesNew { get; init; }

    [JsonPropertyName("bytes_stored")]
    public required long BytesStored { get; init; }

    [JsonPropertyName("chunks_total")]
    public required long ChunksTotal { get; init; }

    [JsonPropertyName("chunks_zero")]
    public required long ChunksZero { get; init; }

    [JsonPropertyName("chunks_new")]
    public required long ChunksNew { get; init; }

    [JsonPropertyName("chunks_changed")]
    public required long ChunksChanged { get; init; }

    [JsonPropertyName("labels")]
    public required Dictionary<string, string> Labels { get; init; }

    [JsonIgnore]
    public bool IsSound =>
        Version == CurrentVersion
        && Number >= 1
        && Era >= RepositoryConfig.FirstEra
        && VolumeSize >= 0
        && ChunkGrid.IsChunkSize(ChunkSize)
        && Root.Length == ItemId.Size * 2
        && Root.All(char.IsAsciiHexDigitLower)
        && Levels == new MapShape(new ChunkGrid(VolumeSize, ChunkSize).Count).Levels;

    public static byte[] Write(Manifest m) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ManifestDocument
            {
                Version = CurrentVersion,
                Backup = m.Id.Value,
                Hash = Algorithms.Hash,
                Cipher = Algorithms.Cipher,
                Compressor = Algorithms.Compressor,
                Era = m.Era,
                Volume = m.Volume,
                Source = m.Source,
                VolumeSize = m.VolumeSize,
                ChunkSize = m.ChunkSize,
                Levels = m.Levels,
                Root = m.Root,
                StartedAt = m.StartedAt,
                FinishedAt = m.FinishedAt,
                Consistency = m.Consistency,
                Number = m.Number,
                Device = m.Device,
                ChangesFound = m.ChangesFound,
                Parent = m.Parent?.Value,
                ContentStamp = m.ContentStamp,
                BytesRead = m.Figures.BytesRead,
                BytesNew = m.Figures.BytesNew,
                BytesStored = m.Figures.BytesStored,
                ChunksTotal = m.Figures.ChunksTotal,
                ChunksZero = m.Figures.ChunksZero,
                ChunksNew = m.Figures.ChunksNew,
                ChunksChanged = m.Figures.ChunksChanged,
                Labels = new Dictionary<string, string>(m.Labels),
            },
            ManifestJson.Default.ManifestDocument
        );

    public static Manifest Read(ReadOnlySpan<byte> plain, ObjectKey key)
    {
        try
        {
            var head = JsonSerializer.Deserialize(plain, ManifestJson.Default.ManifestHead);
            ThrowIfOfAnotherVersion(head, key);
            var document = JsonSerializer.Deserialize(plain, ManifestJson.Default.ManifestDocument);
            if (document is { IsSound: true })
                return document.ToManifest();
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new HoldfastException(
            FailureKind.Corrupted,
            $"Object '{key}' is sealed with our key but is no manifest. Restore another backup."
        );
    }

    private static void ThrowIfOfAnotherVersion(ManifestHead? head, ObjectKey key)
    {
        if (head is null)
            return;

        if (head.Version > CurrentVersion)
        {
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Object '{key}' is a manifest of version {head.Version}; this version of Holdfast reads {CurrentVersion}. Use a newer one."
            );
        }

        if (head is { Hash: { } hash, Cipher: { } cipher, Compressor: { } compressor })
            Algorithms.ThrowIfUnknown($"The backup of object '{key}'", hash, cipher, compressor);
    }

    private Manifest ToManifest() =>
        new()
        {
            Id = new BackupId(Backup),
            Era = Era,
            Volume = Volume,
            Source = Source,
            VolumeSize = VolumeSize,
            ChunkSize = ChunkSize,
            Levels = Levels,
            Root = Root,
            StartedAt = StartedAt,
            FinishedAt = FinishedAt,
            Consistency = Consistency,
            Number = Number,
            Device = Device is { Kind: ManifestDeviceKind.Unknown } ? null : Device, // an identity only serves to compare
            ChangesFound = ChangesFound,
            Parent = Parent is { } parent ? new BackupId(parent) : null,
            ContentStamp = ContentStamp,
            Labels = Labels,
            Figures = new BackupFigures
            {
                BytesRead = BytesRead,
                BytesNew = BytesNew,
                BytesStored = BytesStored,
                ChunksTotal = ChunksTotal,
                ChunksZero = ChunksZero,
                ChunksNew = ChunksNew,
                ChunksChanged = ChunksChanged,
            },
        };
}
