using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Control.Drills;

namespace Holdfast.Control.Upkeep;

/// <summary>What a job of drills tells of itself (<c>Job.Figures</c>). Bytes.</summary>
internal sealed record DrillFigures(int Proven, int Damaged, int Rejected, int Failed, long BytesVerified, long BytesRead)
{
    public static DrillFigures Of(IReadOnlyList<Drill> ended) =>
        new(
            ended.Count(drill => drill.State == DrillState.Proven),
            ended.Count(drill => drill.State == DrillState.Damaged),
            ended.Count(drill => drill.State == DrillState.Rejected),
            ended.Count(drill => drill.State == DrillState.Failed),
            ended.Sum(drill => drill.Verified?.BytesVerified ?? 0),
            ended.Sum(drill => drill.Verified?.BytesRead ?? 0)
        );

    public string ToJson() => JsonSerializer.Serialize(this, DrillJson.Default.DrillFigures);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DrillFigures))]
internal sealed partial class DrillJson : JsonSerializerContext;
