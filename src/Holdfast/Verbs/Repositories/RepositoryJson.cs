using System.Text.Json.Serialization;
using Holdfast.Control.Exports;

namespace Holdfast.Verbs.Repositories;

/// <summary>A catalog that was made anew.</summary>
/// <param name="Backups">How many can be restored.</param>
/// <param name="Added">How many of these the export did not have.</param>
/// <param name="Export">Null where there was none.</param>
/// <param name="LeftOut">Backups that the export tells of and the repository does not hold.</param>
/// <param name="Damaged">What could not be read.</param>
internal sealed record RebuiltOut(
    long Backups,
    long Policies,
    long Volumes,
    long Tasks,
    long Added,
    long Era,
    string? Export,
    DateTime? ExportedAt,
    IReadOnlyList<LostOut> LeftOut,
    IReadOnlyList<string> Damaged
)
{
    public static RebuiltOut Of(RebuildReport report) =>
        new(
            report.Backups,
            report.Policies,
            report.Volumes,
            report.Tasks,
            report.Added,
            report.Era,
            report.Export?.Name.ToString(),
            report.Export?.TakenAt.UtcDateTime,
            [.. report.Lost.Select(lost => new LostOut(lost.Id, lost.Name))],
            report.Damaged
        );
}

internal sealed record LostOut(string Id, string? Name);

/// <summary>An export that was made.</summary>
internal sealed record ExportedOut(string Id, long Era, long Number, long BytesStored);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RebuiltOut))]
[JsonSerializable(typeof(ExportedOut))]
internal sealed partial class RepositoryJson : JsonSerializerContext;
