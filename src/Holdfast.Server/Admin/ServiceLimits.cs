using System.Globalization;
using Holdfast.Engine;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Admin;

/// <summary>A part of each day, in UTC. Where it ends before it begins, it goes past midnight.</summary>
internal readonly record struct DailyHours(TimeOnly From, TimeOnly To)
{
    private const string Form = "HH':'mm";

    public bool Contains(DateTimeOffset now) => TimeOnly.FromTimeSpan(now.UtcDateTime.TimeOfDay).IsBetween(From, To);

    public override string ToString() =>
        $"{From.ToString(Form, CultureInfo.InvariantCulture)}-{To.ToString(Form, CultureInfo.InvariantCulture)}";

    /// <summary>Null when the text is not like <c>08:00-18:30</c>, or begins and ends at the same time.</summary>
    public static DailyHours? TryParse(string text) =>
        text.Split('-') is [var from, var to] && TryParse(from, out var begin) && TryParse(to, out var end) && begin != end
            ? new DailyHours(begin, end)
            : null;

    private static bool TryParse(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
}

/// <summary>Bytes a second; 0 for no limit.</summary>
/// <param name="Hours">When they hold; null for always.</param>
internal sealed record LimitsSet(long Read, long StoreWrite, long StoreRead, DailyHours? Hours);

/// <summary>What this process may move in a second: as the settings say at the start, as an admin says since. Forgotten when it
/// ends.</summary>
internal sealed class ServiceLimits(Repository repository, ServerSettings settings, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private LimitsSet _set = new(
        settings.ReadBytesPerSecond,
        settings.StoreWriteBytesPerSecond,
        settings.StoreReadBytesPerSecond,
        Hours: null
    );

    /// <summary>What is set, and whether it holds at this time of the day.</summary>
    public (LimitsSet Set, bool Holds) Now
    {
        get
        {
            lock (_lock)
            {
                return (_set, Holds(_set));
            }
        }
    }

    /// <summary>Sets limits; they hold at once, also for what is under way.</summary>
    public void Change(Func<LimitsSet, LimitsSet> change)
    {
        lock (_lock)
        {
            _set = change(_set);
            Apply();
        }
    }

    /// <summary>Makes hold what is to hold at this time of the day.</summary>
    public void Apply()
    {
        lock (_lock)
        {
            var (set, holds) = (_set, Holds(_set));
            repository.Limits.VolumeRead.BytesPerSecond = holds ? set.Read : 0;
            repository.Limits.StoreWrite.BytesPerSecond = holds ? set.StoreWrite : 0;
            repository.Limits.StoreRead.BytesPerSecond = holds ? set.StoreRead : 0;
        }
    }

    private bool Holds(LimitsSet set) => set.Hours?.Contains(clock.GetUtcNow()) ?? true;
}
