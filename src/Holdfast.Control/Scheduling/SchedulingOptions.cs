using System.ComponentModel.DataAnnotations;

namespace Holdfast.Control.Scheduling;

public sealed class SchedulingOptions
{
    public const string Section = "Scheduling";

    /// <summary>Hours within which the newest run that was missed is made up for. Default 12.</summary>
    [Range(0, 8760)]
    public int CatchUpHours { get; set; } = 12;

    /// <summary>Seconds between two looks at the schedules. Default 1.</summary>
    [Range(1, 60)]
    public int TickSeconds { get; set; } = 1;
}
