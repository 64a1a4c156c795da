using System.Text.Json.Serialization;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine;

[JsonSourceGenerationOptions(WriteIndented = true, RespectNullableAnnotations = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(RepositoryConfig))]
[JsonSerializable(typeof(KeyObject))]
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class EngineJson : JsonSerializerContext;
