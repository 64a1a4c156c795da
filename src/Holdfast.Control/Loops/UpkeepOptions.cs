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
    [RegularExpression(DailyTime.OrNever, ErrorMessage = TimeOfDay)]
    public string PruneAt { get; set; } = "03:30";

    /// <summary>The time of day, UTC, at which restore drills begin, <c>HH:mm</c>; empty for never. Default 04:30.</summary>
    [RegularExpression(DailyTime.OrNever, ErrorMessage = TimeOfDay)]
    public string DrillAt { get; set; } = "04:30";

    /// <summary>Volumes a day that are drilled, those whose last drill is longest ago. Each is read whole. Default 3.</summary>
    [Range(1, 100000)]
    public int DrillVolumes { get; set; } = 3;

    /// <summary>A program by its path and its arguments, blanks between, <c>{}</c> for a file with the restored volume, e.g.
    /// <c>/usr/sbin/e2fsck -fn {}</c>: each drill restores into such a file and runs it, without a shell. Exit code 0 means that it has
    /// nothing against the file. Empty, the default: drills write nothing.</summary>
    [RegularExpression(
        @"^$|^/\S+( +\S+)* +\S*\{\}\S*( +\S+)*$",
        ErrorMessage = "is a path of a program and its arguments, a pair of braces for the file, or empty"
    )]
    public string DrillCommand { get; set; } = "";

    /// <summary>Minutes after which the command is stopped. Default 60.</summary>
    [Range(1, 1440)]
    public int DrillCommandMinutes { get; set; } = 60;

    /// <summary>The folder of that file, an absolute path. Empty, the default: that of the volumes that the service makes.</summary>
    [RegularExpression("^$|^/.*$", ErrorMessage = "is an absolute path, or empty")]
    public string DrillFolder { get; set; } = "";

    /// <summary>The time of day, UTC, at which the catalog is written to the repository whether or not something was set, <c>HH:mm</c>;
    /// empty for never. Default 02:30.</summary>
    [RegularExpression(DailyTime.OrNever, ErrorMessage = TimeOfDay)]
    public string ExportAt { get; set; } = "02:30";

    /// <summary>The time of day, UTC, at which a thirtieth of the repository is checked, <c>HH:mm</c>; empty for never. Default
    /// 05:30.</summary>
    [RegularExpression(DailyTime.OrNever, ErrorMessage = TimeOfDay)]
    public string CheckAt { get; set; } = "05:30";

    /// <summary>The time of day, UTC, at which the second copy is brought up to date, where there is one, <c>HH:mm</c>; empty for never.
    /// Default 06:30.</summary>
    [RegularExpression(DailyTime.OrNever, ErrorMessage = TimeOfDay)]
    public string CopyAt { get; set; } = "06:30";
}

[OptionsValidator]
internal sealed partial class UpkeepOptionsValidator : IValidateOptions<UpkeepOptions>;
