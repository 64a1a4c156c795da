using System.Text.Json.Serialization;

namespace Holdfast.Engine.Format;

[JsonSourceGenerationOptions(
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never
)]
[JsonSerializable(typeof(RepositoryConfig))]
[JsonSerializable(typeof(KeyObject))]
[JsonSerializable(typeof(CheckedHead))]
internal sealed partial class FormatJson : JsonSerializerContext;
