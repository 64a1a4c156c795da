using System.Text.Json.Serialization;
using Holdfast.Control.Protection;
using Holdfast.Server.Http;

namespace Holdfast.Server.Health;

/// <summary>How the answer is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(NativeTimeConverter)])]
[JsonSerializable(typeof(StatusAnswer))]
internal sealed partial class StatusJson : JsonSerializerContext;

/// <summary>Whether a project's volumes are protected, and if not, what to do.</summary>
/// <param name="State"><c>ok</c>, <c>warning</c> or <c>error</c>: the gravest of the reasons.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="Reasons">The gravest first; at most <see cref="StatusText.MostReasons"/>.</param>
/// <param name="ReasonsTotal">How many there are.</param>
public sealed record StatusAnswer(
    string State,
    string Sentence,
    IReadOnlyList<StatusReason> Reasons,
    int ReasonsTotal,
    ProtectionCounts Volumes
);

/// <param name="Severity"><c>warning</c> or <c>error</c>.</param>
/// <param name="Kind"><c>volume_damaged</c>, <c>volume_failed</c>, <c>volume_overdue</c>, <c>volume_unprotected</c>,
/// <c>volume_dated_ahead</c>, <c>part_ill</c>, <c>upkeep_failed</c> or <c>no_volumes</c>.</param>
/// <param name="Do">A command line that helps, or shows more.</param>
public sealed record StatusReason(string Severity, string Kind, string? VolumeId, string? VolumeName, string Text, string Do);
