using System.ComponentModel.DataAnnotations;

namespace Holdfast.Control.Tasks;

public sealed class TaskOptions
{
    public const string Section = "Tasks";

    /// <summary>Days, counted from its creation, that an ended task is kept. Default 400.</summary>
    [Range(1, 36500)]
    public int HistoryDays { get; set; } = 400;

    /// <summary>Whether a turn that is not carried out leaves a task in the state SKIP. Some clients cannot read that state. Default
    /// true.</summary>
    public bool StoreSkipped { get; set; } = true;
}
