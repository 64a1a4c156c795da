using System.Text.Json.Serialization;

namespace Holdfast.Control.Exports;

/// <summary>The line of an export that says whose rows follow.</summary>
internal sealed record ExportLineHead(
    [property: JsonPropertyName("table")] string Table,
    [property: JsonPropertyName("columns")] IReadOnlyList<string> Columns
);

/// <summary>What an export was, as its job tells it.</summary>
internal sealed record ExportFigures(long Era, long Number, int Parts, long BytesStored);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ExportLineHead))]
[JsonSerializable(typeof(ExportFigures))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ExportLineJson : JsonSerializerContext;
