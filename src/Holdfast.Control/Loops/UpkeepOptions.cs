using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Loops;

public sealed class UpkeepOptions
{
    public const string Section = "Upkeep";

    private const string TimeOfDay = "is a time of day, UTC, as 03:30, or empty for never";

    /// <summary>Days that a deleted backup can be brought back; its bytes stay for as long. 0: it is gone at once. Default 7.</summary>
    [Range(0, 3650)]
    public int KeepDeletedDays { get; set; } = 7;

    /// <summary>The time of day, UTC, at which prune begins, <c>HH:mm</c>; empty for never. Default 03:30.</summary>
    [RegularExpression("^$|^([01][0-9]|2[0-3]):[0-5][0-9]$", ErrorMessage = TimeOfDay)]
    public string PruneAt { get; set; } = "03:30";

    /// <summary>The time of day, UTC, at which the catalog is written to the repository whether or not something was set, <c>HH:mm</c>;
    /// empty for never. Default 02:30.</summary>
    [RegularExpression("^$|^([01][0-9]|2[0-3]):[0-5][0-9]$", ErrorMessage = TimeOfDay)]
    public string ExportAt { get; set; } = "02:30";
}

[OptionsValidator]
internal sealed partial class UpkeepOptionsValidator : IValidateOptions<UpkeepOptions>;
