using System.Globalization;

namespace Holdfast.Control.Loops;

/// <summary>A time of day, UTC, at which something is done each day: <c>HH:mm</c>, or empty for never.</summary>
public static class DailyTime
{
    /// <summary>What such a setting is, as a pattern.</summary>
    public const string OrNever = "^$|^([01][0-9]|2[0-3]):[0-5][0-9]$";

    /// <summary>The last moment that had this time of day.</summary>
    /// <param name="at">Not empty.</param>
    public static DateTimeOffset LastSlot(string at, DateTimeOffset now)
    {
        var today =
            new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero) + TimeSpan.ParseExact(at, "hh\\:mm", CultureInfo.InvariantCulture);
        return today <= now ? today : today.AddDays(-1);
    }
}
