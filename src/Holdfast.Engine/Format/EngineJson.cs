using System.Text.Json.Serialization;
using Holdfast.Engine.Manifests;

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
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class EngineJson : JsonSerializerContext;
