using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Upkeep;

/// <summary>What a second copy got, for programs. Sizes are bytes.</summary>
/// <param name="ObjectsKept">Objects that the repository does not have any more and the copy still keeps; null where nothing was to be
/// removed.</param>
public sealed record CopyFigures(
    bool Sound,
    long Backups,
    long ObjectsCopied,
    long BytesCopied,
    long ObjectsMended,
    long ObjectsVerified,
    long ObjectsRemoved,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ObjectsKept,
    IReadOnlyList<CopyDamageFigures> Damage
)
{
    /// <param name="mostDamage">How many damaged objects are told at most.</param>
    public static CopyFigures Of(CopyReport report, int mostDamage = int.MaxValue) =>
        new(
            report.IsSound,
            report.Backups,
            report.ObjectsCopied,
            report.BytesCopied,
            report.ObjectsMended,
            report.ObjectsVerified,
            report.ObjectsRemoved,
            report.ObjectsKept,
            [.. report.Damage.Take(mostDamage).Select(one => new CopyDamageFigures(one.Key, one.What))]
        );

    public string ToJson() => JsonSerializer.Serialize(this, FiguresJson.Default.CopyFigures);

    /// <summary>Null when it is none.</summary>
    public static CopyFigures? FromJson(string json) => StoredJson.TryRead(json, FiguresJson.Default.CopyFigures);
}

/// <summary>An object that is not what was written.</summary>
public sealed record CopyDamageFigures([property: JsonPropertyName("object")] string Key, string What);
