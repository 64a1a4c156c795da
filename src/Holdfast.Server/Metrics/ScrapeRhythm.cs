namespace Holdfast.Server.Metrics;

/// <summary>Foretells the next scrape: it comes as long after the last as the one before came after its own last but one. So one who
/// scrapes is foretold from his third scrape on, and two who take turns, whatever time is between them. Three are not: what is foretold for
/// them may be wrong, and costs a look at the catalog. Not for many threads.</summary>
internal sealed class ScrapeRhythm
{
    /// <summary>Who asks more often than this finds the catalog read anew each time that it has changed.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(5);

    /// <summary>Who asks more seldom is not waited for.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromMinutes(5);

    private TimeSpan? _last;
    private TimeSpan? _lastPause;

    /// <summary>Takes note of a scrape.</summary>
    /// <param name="at">By a clock that cannot be set.</param>
    /// <returns>How long until the next, from now; null where that is not known, or outside of <see cref="Least"/> and <see
    /// cref="Most"/>.</returns>
    public TimeSpan? Note(TimeSpan at)
    {
        var (pause, before) = (at - _last, _lastPause);
        (_last, _lastPause) = (at, pause);
        return before >= Least && before <= Most ? before : null;
    }
}
