using Holdfast.Control.Protection;
using Holdfast.Server.Console.Words;

namespace Holdfast.Server.Console;

/// <summary>A day of a strip: its worst outcome, as a colour, a letter and words.</summary>
public sealed record StripDay(DateOnly Day, string Mood, string Letter, string Text)
{
    /// <param name="overdue">Volumes that are overdue now; a strip shows that today, and on days before what was found to have been
    /// missed.</param>
    public static IReadOnlyList<StripDay> Of(IReadOnlyList<DayFigures> days, int overdue) =>
        [.. days.Select((day, i) => Of(day, i == days.Count - 1 ? Math.Max(overdue, day.Overdue) : day.Overdue))];

    private static StripDay Of(DayFigures day, long overdue)
    {
        var counts =
            $"{Figures.Day(day.Day)}: {Figures.Count(day.Succeeded, "backup", "backups")} succeeded, {day.Failed} failed, "
            + $"{day.Skipped} skipped{(overdue > 0 ? $", {Figures.Count(overdue, "volume", "volumes")} overdue" : "")}";
        var (mood, letter) =
            day.Failed > 0 ? ("bad", "F")
            : overdue > 0 ? ("bad", "O")
            : day.Skipped > 0 ? ("warn", "S")
            : day.Succeeded > 0 ? ("good", "✓")
            : ("idle", "·");
        return new StripDay(day.Day, mood, letter, counts);
    }
}
