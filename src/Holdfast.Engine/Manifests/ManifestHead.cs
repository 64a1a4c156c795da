using System.Text.Json.Serialization;

namespace Holdfast.Engine.Manifests;

/// <summary>What must be looked at before the rest of a manifest can be understood: a newer one may have other members.</summary>
internal sealed record ManifestHead
{
    [JsonPropertyName("version")]
    public int Version { get; init; }

    [JsonPropertyName("hash")]
    public string? Hash { get; init; }

    [JsonPropertyName("cipher")]
    public string? Cipher { get; init; }

    [JsonPropertyName("compressor")]
    public string? Compressor { get; init; }
}
