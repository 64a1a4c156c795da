using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine;

/// <summary>The object <c>config</c>: what a reader must know before it has a key. Spec: docs/format/repository-v1.md, Config.</summary>
internal sealed record RepositoryConfig(
    [property: JsonPropertyName("format")] int Format,
    [property: JsonPropertyName("repository")] string Repository,
    [property: JsonPropertyName("chunk_size")] int ChunkSize,
    [property: JsonPropertyName("pack_size")] int PackSize,
    [property: JsonPropertyName("compression")] string Compression,
    [property: JsonPropertyName("compression_level")] int CompressionLevel,
    [property: JsonPropertyName("owner")] string? Owner,
    [property: JsonPropertyName("mac")] string Mac)
{
    public const int CurrentFormat = 1;
    public const int DefaultPackSize = 32 * 1024 * 1024;

    public Guid Id => Guid.ParseExact(Repository, "N");

    public RepositoryConfig Signed(KeyRing keys) => this with { Mac = ComputeMac(keys) };

    /// <summary>Reads a config and says of each thing that is wrong with it what to do.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/>, <see cref="FailureKind.Corrupted"/>.</exception>
    public static RepositoryConfig Read(ReadOnlySpan<byte> from, string store)
    {
        RepositoryConfig? config = null;
        try
        {
            config = JsonSerializer.Deserialize(from, EngineJson.Default.RepositoryConfig);
        }
        catch (JsonException)
        {
            // Told below, together with a config that is JSON but not ours.
        }

        if (config is { Format: > CurrentFormat })
        {
            throw new HoldfastException(FailureKind.UnsupportedVersion, $"The repository in '{store}' has format {config.Format}; this version reads format {CurrentFormat}. Open it with a newer holdfast.");
        }

        var sound = config is { Format: CurrentFormat, Compression: "zstd", CompressionLevel: >= 1 and <= 19, PackSize: >= 1024 * 1024 and <= 1024 * 1024 * 1024 }
            && ChunkGrid.IsChunkSize(config.ChunkSize) && Guid.TryParseExact(config.Repository, "N", out _);
        return sound && config is not null
            ? config
            : throw new HoldfastException(FailureKind.Corrupted, $"The object 'config' of the repository in '{store}' is damaged. Put back a copy of it if there is one.");
    }

    public void ThrowIfForged(KeyRing keys, string store)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Mac), Encoding.ASCII.GetBytes(ComputeMac(keys))))
        {
            throw new HoldfastException(FailureKind.Corrupted, $"The object 'config' of the repository in '{store}' was changed by somebody without the key. Put back a copy of it if there is one.");
        }
    }

    private string ComputeMac(KeyRing keys) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(keys.ConfigKey, Encoding.UTF8.GetBytes($"{Format}\n{Repository}\n{ChunkSize}\n{PackSize}\n{Compression}\n{CompressionLevel}\n{Owner}\n")));
}
