using System.Text.Json.Serialization;

namespace Holdfast.Engine.Tests;

/// <summary>A config of a version to come.</summary>
internal sealed record NewerConfig([property: JsonPropertyName("format")] int Format, [property: JsonPropertyName("check")] string Check);

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(NewerConfig))]
internal sealed partial class TestJson : JsonSerializerContext;
