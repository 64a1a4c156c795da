using System.Text.Json.Serialization;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>How the answers of this folder are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [
        typeof(NativeTimeConverter),
        typeof(MaybeConverter<string>),
        typeof(MaybeConverter<long?>),
        typeof(MaybeConverter<IdentityAnswer>),
        typeof(MaybeConverter<ProofAnswer>),
        typeof(MaybeConverter<VerdictAnswer>),
    ]
)]
[JsonSerializable(typeof(VolumeEnvelope))]
[JsonSerializable(typeof(VolumeListAnswer))]
[JsonSerializable(typeof(VolumeSummariesAnswer))]
[JsonSerializable(typeof(VolumeTotalsEnvelope))]
[JsonSerializable(typeof(MetadataAnswer))]
[JsonSerializable(typeof(MetadataItemAnswer))]
[JsonSerializable(typeof(BackupEnvelope))]
[JsonSerializable(typeof(BackupSummaryEnvelope))]
[JsonSerializable(typeof(BackupListAnswer))]
[JsonSerializable(typeof(BackupSummariesAnswer))]
[JsonSerializable(typeof(RestoreEnvelope))]
[JsonSerializable(typeof(TypeEnvelope))]
[JsonSerializable(typeof(TypeListAnswer))]
[JsonSerializable(typeof(ExtraSpecsAnswer))]
[JsonSerializable(typeof(ZoneListAnswer))]
[JsonSerializable(typeof(VersionListAnswer))]
[JsonSerializable(typeof(StorageServiceListAnswer))]
[JsonSerializable(typeof(HostListAnswer))]
[JsonSerializable(typeof(PoolListAnswer))]
[JsonSerializable(typeof(HostUsageAnswer))]
[JsonSerializable(typeof(ServiceSwitchAnswer))]
[JsonSerializable(typeof(CapabilitiesAnswer))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long?))]
internal sealed partial class OpenStackJson : JsonSerializerContext;

/// <summary>An element of an array of links.</summary>
internal sealed record LinkAnswer(string Rel, string Href)
{
    /// <summary>Where a thing is, with and without the version of the API.</summary>
    /// <param name="at">Behind the version: <c>/{project}/volumes/{id}</c>.</param>
    public static IReadOnlyList<LinkAnswer> Of(string address, string version, string at) =>
        [new("self", $"{address}/{version}{at}"), new("bookmark", $"{address}{at}")];

    /// <summary>The link to the next part of a list; null where there is none, which is a member that is not there.</summary>
    public static IReadOnlyList<LinkAnswer>? Next(string? address) => address is null ? null : [new("next", address)];
}
