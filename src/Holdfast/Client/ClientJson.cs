using System.Text.Json.Serialization;

namespace Holdfast.Client;

/// <summary>How requests are spelled. Members that are null are not sent.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Default
)]
[JsonSerializable(typeof(PolicyRequest))]
[JsonSerializable(typeof(TagsRequest))]
[JsonSerializable(typeof(PoliciesRequest))]
[JsonSerializable(typeof(ResourcesRequest))]
[JsonSerializable(typeof(BackupRequest))]
[JsonSerializable(typeof(RestoreOverRequest))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(VolumeRequest))]
[JsonSerializable(typeof(UnmanageRequest))]
[JsonSerializable(typeof(ExtendRequest))]
[JsonSerializable(typeof(StatusRequest))]
[JsonSerializable(typeof(RecordRequest))]
[JsonSerializable(typeof(ShareRequest))]
[JsonSerializable(typeof(QuotaRequest))]
[JsonSerializable(typeof(DrillRequest))]
[JsonSerializable(typeof(LimitsRequest))]
[JsonSerializable(typeof(NotifyTargetRequest))]
[JsonSerializable(typeof(NotifyRuleRequest))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(ScopeRequest))]
[JsonSerializable(typeof(UserRequest))]
[JsonSerializable(typeof(ProjectRequest))]
[JsonSerializable(typeof(KeyRequest))]
internal sealed partial class ClientJson : JsonSerializerContext;
