using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Format;

/// <summary>The object <c>config</c>: what a reader must know before it has a key. Spec: docs/format/repository-v1.md, section 9.</summary>
internal sealed record RepositoryConfig(
    [property: JsonPropertyName("format")] int Format,
    [property: JsonPropertyName("repository")] string Repository,
    [property: JsonPropertyName("chunk_size")] int ChunkSize,
    [property: JsonPropertyName("pack_size")] int PackSize,
    [property: JsonPropertyName("hash")] string Hash,
    [property: JsonPropertyName("cipher")] string Cipher,
    [property: JsonPropertyName("compressor")] string Compressor,
    [property: JsonPropertyName("compression")] string Compression,
    [property: JsonPropertyName("era")] long Era,
    [property: JsonPropertyName("owner")] string? Owner,
    [property: JsonPropertyName("mac")] string Mac,
    [property: JsonPropertyName("check")] string Check
)
{
    public const int CurrentFormat = 1;

    /// <summary>Of a repository that is made. Each catalog that is made for it later raises it (<see cref="InNextEra"/>).</summary>
    public const long FirstEra = 1;
    public const int MinPackSize = 1024 * 1024;
    public const int DefaultPackSize = 32 * 1024 * 1024;
    private const int MaxPackSize = 1024 * 1024 * 1024;

    [JsonIgnore]
    public Guid Id => Guid.ParseExact(Repository, "N");

    public static RepositoryConfig Make(Guid id, RepositoryOptions options, int packSize) =>
        new(
            CurrentFormat,
            id.ToString("N"),
            options.ChunkSize,
            packSize,
            Algorithms.Hash,
            Algorithms.Cipher,
            Algorithms.Compressor,
            options.Compression.Name(),
            FirstEra,
            options.Owner,
            "",
            CheckedJson.Blank
        );

    public RepositoryConfig Signed(KeyRing keys) => this with { Mac = ComputeMac(keys), Check = CheckedJson.Blank };

    /// <summary>As another catalog makes it its own. To be signed.</summary>
    public RepositoryConfig InNextEra(string owner) => this with { Era = Era + 1, Owner = owner };

    public byte[] Write() => CheckedJson.Write(this, FormatJson.Default.RepositoryConfig);

    /// <summary>Reads a config; whether it is the key holder's own is told by <see cref="IsSignedBy"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/>, <see cref="FailureKind.Corrupted"/>.</exception>
    public static RepositoryConfig Read(ReadOnlySpan<byte> from, string store)
    {
        if (CheckedJson.TryReadFormat(from) is { } format && format > CurrentFormat)
        {
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"The repository in '{store}' has format {format}; this version of Holdfast reads format {CurrentFormat}. Open it with a "
                    + $"newer one."
            );
        }

        if (CheckedJson.TryRead(from, FormatJson.Default.RepositoryConfig) is { } config && config.IsSound())
        {
            Algorithms.ThrowIfUnknown($"The repository in '{store}'", config.Hash, config.Cipher, config.Compressor);
            return config;
        }

        throw new HoldfastException(
            FailureKind.Corrupted,
            $"Object 'config' of the repository in '{store}' is damaged. Put back a copy of it if there is one."
        );
    }

    public bool IsSignedBy(KeyRing keys) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Mac), Encoding.UTF8.GetBytes(ComputeMac(keys)));

    private bool IsSound() =>
        Format == CurrentFormat
        && Era >= FirstEra
        && PackSize is >= MinPackSize and <= MaxPackSize
        && ChunkGrid.IsChunkSize(ChunkSize)
        && Guid.TryParseExact(Repository, "N", out _);

    private string ComputeMac(KeyRing keys)
    {
        var owner = Owner is null ? "-" : "=" + Owner;
        var text =
            $"{Format}\n{Repository}\n{ChunkSize}\n{PackSize}\n{Hash}\n{Cipher}\n{Compressor}\n{Compression}\n{Era}\n{owner}\n";
        return Convert.ToHexStringLower(HMACSHA256.HashData(keys.ConfigKey, Encoding.UTF8.GetBytes(text)));
    }
}
