using System.Globalization;

namespace Holdfast.Terminal;

/// <summary>
/// One line on standard error that is written over and over, on a terminal only. Written by hand and not with the table library: loading
/// that would cost an offline backup a good part of its time.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly bool _visible = !Console.IsErrorRedirected;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly long _begin;
    private long _last;
    private bool _drawn;

    public ProgressLine(TimeProvider clock)
    {
        _clock = clock;
        _begin = clock.GetTimestamp();
        _last = _begin;
    }

    /// <summary>Shows how far the work is. Called from any thread, as often as it likes; draws at most ten times a second.</summary>
    public void Report(long done, long total, string detail)
    {
        if (!_visible)
        {
            return;
        }

        lock (_lock)
        {
            var now = _clock.GetTimestamp();
            if (_clock.GetElapsedTime(_last, now) < Interval)
            {
                return;
            }

            _last = now;
            Draw(Render(done, total, _clock.GetElapsedTime(_begin, now), detail));
        }
    }

    /// <summary>Shows that something goes on whose end is not known.</summary>
    public void Report(string what)
    {
        if (_visible)
        {
            lock (_lock)
            {
                Draw($"{what} {Text.Duration(_clock.GetElapsedTime(_begin))}");
            }
        }
    }

    public void Dispose()
    {
        if (_drawn)
        {
            Console.Error.Write("\r\e[K");
        }
    }

    internal static string Render(long done, long total, TimeSpan elapsed, string detail)
    {
        var part = total <= 0 ? 1.0 : Math.Clamp((double)done / total, 0, 1);
        var filled = (int)(part * BarWidth);
        var rate = elapsed.TotalSeconds > 0 ? (long)(done / elapsed.TotalSeconds) : 0;
        var percent = (part * 100).ToString("0", CultureInfo.InvariantCulture).PadLeft(3);
        return $"{percent} % [{new string('#', filled)}{new string('.', BarWidth - filled)}] {Text.Bytes(done)} of {Text.Bytes(total)}, "
            + $"{Text.Bytes(rate)}/s{detail}";
    }

    private void Draw(string line)
    {
        Console.Error.Write($"\r{line}\e[K");
        _drawn = true;
    }
}
