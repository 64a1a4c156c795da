using System.Globalization;

namespace Holdfast.Server.Console.Words;

/// <summary>Sizes, times and ages as people read them.</summary>
public static class Figures
{
    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Three digits and a unit; what exists is never told as 0.</summary>
    public static string Size(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            (value, unit) = (value / 1024, unit + 1);
        }

        return unit == 0 ? (bytes == 1 ? "1 byte" : $"{bytes} bytes")
            : value < 10 ? $"{value.ToString("0.##", CultureInfo.InvariantCulture)} {Units[unit]}"
            : value < 100 ? $"{value.ToString("0.#", CultureInfo.InvariantCulture)} {Units[unit]}"
            : $"{value.ToString("0", CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    public static string Size(long? bytes) => bytes is { } known ? Size(known) : "not known";

    public static string Count(long count, string one, string many) => count == 1 ? $"1 {one}" : $"{Number(count)} {many}";

    /// <summary>Digits in groups of three.</summary>
    public static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>In UTC, and says so.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>How long ago, or how long until.</summary>
    public static string Distance(DateTimeOffset time, DateTimeOffset now) =>
        time <= now ? $"{Span(now - time)} ago" : $"in {Span(time - now)}";

    /// <summary>In its greatest unit; 1.5 of it is told as 1.</summary>
    public static string Span(TimeSpan span) =>
        span.TotalDays >= 2 ? $"{(long)span.TotalDays} days"
        : span.TotalHours >= 2 ? $"{(long)span.TotalHours} hours"
        : span.TotalMinutes >= 2 ? $"{(long)span.TotalMinutes} minutes"
        : span.TotalSeconds >= 2 ? $"{(long)span.TotalSeconds} seconds"
        : span.TotalMilliseconds >= 1000 ? "1 second"
        : $"{(long)span.TotalMilliseconds} ms";
}
