using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Exports;

/// <summary>What an export of the catalog is. Spec: docs/format/catalog-export.md, section 2.</summary>
public sealed record CatalogExportHead
{
    internal const int CurrentVersion = 1;

    [JsonPropertyName("version")]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>32 hex digits.</summary>
    [JsonPropertyName("repository")]
    public required string Repository { get; init; }

    /// <summary>That of the catalog that was exported.</summary>
    [JsonPropertyName("era")]
    public required long Era { get; init; }

    /// <summary>Rises within an era, from 1.</summary>
    [JsonPropertyName("number")]
    public required long Number { get; init; }

    /// <summary>The number of the catalog's newest migration.</summary>
    [JsonPropertyName("catalog")]
    public required int Catalog { get; init; }

    /// <summary>The moment that the export shows.</summary>
    [JsonPropertyName("taken_at")]
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>64 hex digits: of what people set.</summary>
    [JsonPropertyName("settings")]
    public required string Settings { get; init; }

    /// <summary>64 hex digits: of what happened.</summary>
    [JsonPropertyName("history")]
    public required string History { get; init; }

    /// <summary>The last event of the audit log; null in exports of versions that had none.</summary>
    [JsonPropertyName("audit")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CatalogExportAudit? Audit { get; init; }

    [JsonPropertyName("parts")]
    public required IReadOnlyList<CatalogExportPart> Parts { get; init; }

    [JsonIgnore]
    public CatalogExportName Name => new(Era, Number);

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, ExportJson.Default.CatalogExportHead);

    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/>, <see cref="FailureKind.Corrupted"/>.</exception>
    internal static CatalogExportHead Read(ReadOnlySpan<byte> plain, ObjectKey key)
    {
        try
        {
            // A later version may lack what this one needs.
            if (JsonSerializer.Deserialize(plain, ExportJson.Default.CatalogExportVersion) is { Version: > CurrentVersion } later)
            {
                throw new HoldfastException(
                    FailureKind.UnsupportedVersion,
                    $"Object '{key}' is an export of version {later.Version}; this version of Holdfast reads {CurrentVersion}. "
                        + "Use a newer one."
                );
            }

            if (JsonSerializer.Deserialize(plain, ExportJson.Default.CatalogExportHead) is { Version: CurrentVersion, Number: > 0 } head)
                return head;
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new HoldfastException(FailureKind.Corrupted, $"Object '{key}' is sealed with our key but is no head of an export.");
    }
}

/// <summary>The last event of the audit log in the moment that an export shows.</summary>
/// <param name="Number">0 for none.</param>
/// <param name="Hash">64 hex digits.</param>
public sealed record CatalogExportAudit(
    [property: JsonPropertyName("number")] long Number,
    [property: JsonPropertyName("hash")] string Hash
);

/// <summary>A part of an export.</summary>
/// <param name="Id">32 hex digits.</param>
/// <param name="Sha256">Hex, of the object as it is stored.</param>
/// <param name="Bytes">Size of the object.</param>
/// <param name="PlainBytes">Size of what is in it.</param>
public sealed record CatalogExportPart(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("sha_256")] string Sha256,
    [property: JsonPropertyName("bytes")] long Bytes,
    [property: JsonPropertyName("plain_bytes")] long PlainBytes
);

/// <summary>Which export. The newest is the greatest.</summary>
public readonly record struct CatalogExportName(long Era, long Number) : IComparable<CatalogExportName>
{
    public int CompareTo(CatalogExportName other) => (Era, Number).CompareTo((other.Era, other.Number));

    public static bool operator <(CatalogExportName left, CatalogExportName right) => left.CompareTo(right) < 0;

    public static bool operator >(CatalogExportName left, CatalogExportName right) => left.CompareTo(right) > 0;

    public static bool operator <=(CatalogExportName left, CatalogExportName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CatalogExportName left, CatalogExportName right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Era:0000000000}-{Number:0000000000}";
}

internal sealed record CatalogExportVersion([property: JsonPropertyName("version")] int Version);

[JsonSourceGenerationOptions(WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CatalogExportHead))]
[JsonSerializable(typeof(CatalogExportVersion))]
internal sealed partial class ExportJson : JsonSerializerContext;
