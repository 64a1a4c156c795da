using System.Text.Json.Serialization;

namespace Holdfast.Engine.Manifests;

[JsonSourceGenerationOptions(
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    Converters = [typeof(ManifestDeviceKind)]
)]
[JsonSerializable(typeof(ManifestHead))]
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class ManifestJson : JsonSerializerContext;
