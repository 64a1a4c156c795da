using System.Globalization;

namespace Holdfast.Control.Scheduling;

/// <summary>What this process has seen of its clock: since when it looks, and over which times the clock jumped. So that it can be said
/// truly why nothing was done at a time. Told of the clock by <see cref="Look"/>, from one thread at a time.</summary>
internal sealed class ClockWatch(TimeProvider clock)
{
    /// <summary>What a clock is put right by now and then. It is shorter than any time between two slots.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>So many jumps are remembered.</summary>
    private const int MostJumps = 16;

    private readonly Lock _gate = new();
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _jumps = [];
    private (DateTimeOffset Now, long Stamp)? _last;
    private DateTimeOffset _began;

    /// <summary>Compares how far the clock went with how much time has passed.</summary>
    public void Look(DateTimeOffset now)
    {
        lock (_gate)
        {
            var stamp = clock.GetTimestamp();
            if (_last is { } last)
            {
                var expected = last.Now + clock.GetElapsedTime(last.Stamp, stamp);
                if (now - expected > Tolerance)
                {
                    _jumps.Add((expected, now));
                    _jumps.RemoveRange(0, Math.Max(0, _jumps.Count - MostJumps));
                }
                else if (expected - now > Tolerance)
                {
                    // Times that come now have not been jumped over; and this process has been there before this time by any clock.
                    _jumps.RemoveAll(jump => jump.To > now);
                    _began = now < _began ? now : _began;
                }
            }
            else
            {
                _began = now;
            }

            _last = (now, stamp);
        }
    }

    /// <summary>Why nothing was done at a time that is over, as the end of a sentence that begins with "was missed".</summary>
    public string WhyMissed(DateTimeOffset slot)
    {
        lock (_gate)
        {
            return _jumps.FindLast(jump => jump.From <= slot && slot <= jump.To) is { To.Ticks: > 0 } jump
                    ? $": the clock of the service went from {Text(jump.From)} to {Text(jump.To)} UTC at once."
                : _last is null || slot < _began ? " while the service was not running."
                : ": the service could not attend to it in time.";
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
