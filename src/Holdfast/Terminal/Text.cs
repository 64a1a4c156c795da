using System.Globalization;

namespace Holdfast.Terminal;

/// <summary>Figures for people.</summary>
internal static class Text
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Bytes with three digits of sense: <c>0 B</c>, <c>512 KiB</c>, <c>1.5 GiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = unit == 0 || Math.Abs(value) >= 100 ? "0" : "0.#";
        return $"{value.ToString(digits, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    public static string Bytes(long? bytes) => bytes is { } known ? Bytes(known) : "";

    /// <summary><c>0.4 s</c>, <c>12 s</c>, <c>3 min 20 s</c>, <c>2 h 05 min</c>.</summary>
    public static string Duration(TimeSpan time) =>
        time switch
        {
            { TotalSeconds: < 0 } => "0 s",
            { TotalSeconds: < 10 } => $"{time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s",
            { TotalMinutes: < 1 } => $"{(int)time.TotalSeconds} s",
            { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds:00} s",
            _ => $"{(int)time.TotalHours} h {time.Minutes:00} min",
        };

    /// <summary>How long ago: <c>never</c>, <c>just now</c>, <c>5 min</c>, <c>3 h</c>, <c>12 days</c>. A time to come, of another clock,
    /// is now.</summary>
    public static string Age(DateTimeOffset? at, DateTimeOffset now) =>
        at is not { } then
            ? "never"
            : (now - then) switch
            {
                { TotalMinutes: < 1 } => "just now",
                { TotalHours: < 1 } age => $"{(int)age.TotalMinutes} min",
                { TotalDays: < 2 } age => $"{(int)age.TotalHours} h",
                var age => $"{(int)age.TotalDays} days",
            };

    /// <summary>UTC, to the second.</summary>
    public static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
}
