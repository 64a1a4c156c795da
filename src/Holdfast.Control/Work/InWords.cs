using System.Globalization;

namespace Holdfast.Control.Work;

/// <summary>Figures as the lines of a job's log say them.</summary>
internal static class InWords
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>Never nothing for something: below 10 KiB the bytes themselves.</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < 10 * 1024)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");
        }

        var (size, unit) = (bytes / 1024.0, 0);
        while (size >= 1024 && unit < Units.Length - 1)
        {
            (size, unit) = (size / 1024, unit + 1);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.0} {Units[unit]}");
    }

    public static string Of(TimeSpan time) =>
        time < TimeSpan.FromMinutes(1) ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : time < TimeSpan.FromHours(1) ? $"{time.Minutes} min {time.Seconds} s"
        : $"{(long)time.TotalHours} h {time.Minutes} min";

    public static string Of(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
