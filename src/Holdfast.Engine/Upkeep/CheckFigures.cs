using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Upkeep;

/// <summary>What a check found, for programs. Sizes are bytes.</summary>
/// <param name="DamageCut">Whether more objects are damaged than are told.</param>
/// <param name="Share">Which packs were read, like <c>1/30</c>; null where that is not told.</param>
/// <param name="Turn">The share's turn.</param>
public sealed record CheckFigures(
    bool Sound,
    IReadOnlyList<DamageFigures> Damage,
    bool DamageCut,
    IReadOnlyList<string> DamagedBackups,
    long BytesRead,
    long BytesVerified,
    int Backups,
    int Packs,
    int PacksRead,
    int LoosePacks,
    int IndexObjects,
    int SupersededIndexObjects,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Share = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Turn = null
)
{
    /// <param name="mostDamage">How many damaged objects are told at most.</param>
    public static CheckFigures Of(CheckResult result, int mostDamage = int.MaxValue) =>
        new(
            result.IsSound,
            [.. result.Damage.Take(mostDamage).Select(DamageFigures.Of)],
            result.Damage.Count > mostDamage,
            [.. result.DamagedBackups.Select(backup => backup.ToString())],
            result.BytesRead,
            result.BytesVerified,
            result.Backups,
            result.Packs,
            result.PacksRead,
            result.LoosePacks,
            result.IndexObjects,
            result.SupersededIndexObjects
        );

    public string ToJson() => JsonSerializer.Serialize(this, FiguresJson.Default.CheckFigures);

    /// <summary>Null when it is none.</summary>
    public static CheckFigures? FromJson(string json) => StoredJson.TryRead(json, FiguresJson.Default.CheckFigures);
}

/// <summary>A damaged object.</summary>
/// <param name="Backups">Ids of backups that need what is lost.</param>
/// <param name="BytesLost">Of all of these together.</param>
/// <param name="RangesCut">Whether there are more ranges than are told.</param>
public sealed record DamageFigures(
    [property: JsonPropertyName("object")] string Key,
    string What,
    IReadOnlyList<string> Backups,
    IReadOnlyList<string> Volumes,
    IReadOnlyList<RangeFigures> Ranges,
    long BytesLost,
    bool RangesCut
)
{
    public static DamageFigures Of(CheckDamage damage) =>
        new(
            damage.Key,
            damage.What,
            [.. damage.Backups.Select(lost => lost.Backup.ToString())],
            [.. damage.Backups.Select(lost => lost.Volume).OfType<string>().Distinct().Order(StringComparer.Ordinal)],
            [
                .. from lost in damage.Backups
                from range in lost.Ranges
                select new RangeFigures(lost.Backup.ToString(), lost.Volume, range.Offset, range.Length),
            ],
            damage.Backups.Sum(lost => lost.Bytes),
            damage.Backups.Any(lost => lost.HasMore)
        );
}

/// <summary>Bytes of a backup's volume.</summary>
public sealed record RangeFigures(string Backup, string? Volume, long Offset, long Length);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CheckFigures))]
[JsonSerializable(typeof(CopyFigures))]
internal sealed partial class FiguresJson : JsonSerializerContext;
