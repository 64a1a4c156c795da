using System.Globalization;

namespace Holdfast.Terminal;

/// <summary>
/// One line on standard error that is written over and over, on a terminal only. Written by hand and not with the table library: loading
/// that would cost an offline backup a good part of its time.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private const int BarWidth = 24;
    private const int UsualWidth = 80;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Before that, a rate says little of what is to come.</summary>
    private static readonly TimeSpan LeastElapsed = TimeSpan.FromSeconds(1);

    /// <summary>What would take longer is told without an end: the rate will not stay what it is.</summary>
    private const double MostSecondsLeft = 100.0 * 24 * 60 * 60;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly bool _visible = !Console.IsErrorRedirected;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly long _begin;
    private long _last;
    private bool _drawn;
    private bool _isOver;
    private string _doing = "";
    private ITimer? _ticks;

    public ProgressLine(TimeProvider clock)
    {
        _clock = clock;
        _begin = clock.GetTimestamp();
        _last = _begin;
    }

    /// <summary>Whether anybody sees it; what costs requests need not be asked where nobody does.</summary>
    public bool IsVisible => _visible;

    /// <summary>Shows how far the work is, how fast it goes and how long it will take. Called from any thread, as often as it likes;
    /// draws at most ten times a second.</summary>
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
            Draw(Render(done, total, _clock.GetElapsedTime(_begin, now), detail, Width));
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

    /// <summary>Shows, from now on by itself, that something goes on of which it is not known how long it will take.</summary>
    public void Doing(string what)
    {
        if (_visible)
        {
            lock (_lock)
            {
                _doing = what;
                _ticks ??= _clock.CreateTimer(_ => Report(_doing), state: null, Tick, Tick);
            }
        }
    }

    /// <summary>Shows that something goes on for as long as it does.</summary>
    public static Task<T> WhileAsync<T>(string what, Func<Task<T>> work) => WhileAsync(what, _ => work());

    /// <param name="work">May tell by <see cref="Doing"/> what it is at.</param>
    public static async Task<T> WhileAsync<T>(string what, Func<ProgressLine, Task<T>> work)
    {
        using var line = new ProgressLine(TimeProvider.System);
        line.Doing(what);
        return await work(line);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _ticks?.Dispose();
            if (_drawn)
            {
                Console.Error.Write("\r\e[K");
            }
        }
    }

    /// <param name="width">Columns of the terminal: the bar takes what the words leave.</param>
    internal static string Render(long done, long total, TimeSpan elapsed, string detail, int width)
    {
        var part = total <= 0 ? 1.0 : Math.Clamp((double)done / total, 0, 1);
        var rate = elapsed.TotalSeconds > 0 ? (long)(done / elapsed.TotalSeconds) : 0;
        var percent = (part * 100).ToString("0", CultureInfo.InvariantCulture).PadLeft(3);
        var words = $"{Text.Bytes(done)} of {Text.Bytes(total)}, {Text.Bytes(rate)}/s{Left(done, total, elapsed)}{detail}";
        var bar = Math.Clamp(width - percent.Length - words.Length - " % [] ".Length, 0, BarWidth);
        var filled = (int)(part * bar);
        return bar > 0
            ? $"{percent} % [{new string('#', filled)}{new string('.', bar - filled)}] {words}"
            : $"{percent} % {words}";
    }

    /// <summary>Time that is left at the rate so far, as <c>, 12 s left</c>; empty where that cannot be said.</summary>
    internal static string Left(long done, long total, TimeSpan elapsed)
    {
        if (done <= 0 || done >= total || elapsed < LeastElapsed)
        {
            return "";
        }

        var seconds = Math.Ceiling((total - done) / (done / elapsed.TotalSeconds));
        return seconds > MostSecondsLeft ? ""
            : seconds < 60 ? $", {seconds.ToString("0", CultureInfo.InvariantCulture)} s left"
            : $", {Text.Duration(TimeSpan.FromSeconds(seconds))} left";
    }

    private static int Width => Console.WindowWidth is > 0 and var width ? width - 1 : UsualWidth - 1;

    /// <summary>One row: of a line that the terminal folds, only the last row could be written over.</summary>
    private void Draw(string line)
    {
        if (!_isOver)
        {
            Console.Error.Write($"\r{(line.Length > Width ? line[..Width] : line)}\e[K");
            _drawn = true;
        }
    }
}
