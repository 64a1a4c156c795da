using System.Collections.Concurrent;
using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Control.Tests.Loops;

public sealed class LoopServiceTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly SteppedClock _clock = new();

    [Fact]
    public async Task It_runs_at_once_then_after_each_interval_and_survives_a_failed_pass()
    {
        using var loop = new Counting(_clock)
        {
            OnPass = pass => pass == 2 ? throw new InvalidOperationException("this pass fails") : false,
        };
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await loop.ReachAsync(1);
        for (var pass = 2; pass <= 4; pass++)
        {
            await _clock.StepAsync(Interval);
            await loop.ReachAsync(pass);
        }

        await loop.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(4, loop.Passes);
    }

    [Fact]
    public async Task A_reason_that_stays_is_logged_now_and_then_and_another_at_once()
    {
        var lines = new Lines();
        using var loop = new Counting(_clock, log: lines)
        {
            OnPass = pass => throw new InvalidOperationException(pass == 200 ? "another" : "the disk is full"),
        };
        await loop.StartAsync(TestContext.Current.CancellationToken);

        // Ten seconds a pass, so 35 minutes: the first, one each ten minutes, and one each where the reason is another.
        for (var pass = 2; pass <= 210; pass++)
        {
            await _clock.StepAsync(Interval);
        }

        await loop.ReachAsync(210);
        await loop.StopAsync(TestContext.Current.CancellationToken);

        var told = lines.ToArray();
        Assert.Equal(["the disk is full", "another", "the disk is full"], told.Where((text, i) => i == 0 || text != told[i - 1]));
        Assert.Equal(6, told.Length);
    }

    [Fact]
    public async Task Its_first_pass_has_ended_though_it_failed()
    {
        using var loop = new Counting(_clock) { OnPass = _ => throw new InvalidOperationException("this pass fails") };
        Assert.False(loop.FirstPass.IsCompleted);

        await loop.StartAsync(TestContext.Current.CancellationToken);
        await loop.FirstPass;

        Assert.Equal(1, loop.Passes);
        await loop.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_pass_that_found_work_is_followed_by_another_without_waiting()
    {
        using var loop = new Counting(_clock) { OnPass = pass => pass < 5 };
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await loop.ReachAsync(5);
        await loop.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, loop.Passes);
    }

    [Fact]
    public async Task A_signal_ends_the_wait_also_when_it_comes_during_a_pass()
    {
        var signal = new WakeSignal();
        using var loop = new Counting(_clock, signal)
        {
            OnPass = pass =>
            {
                if (pass == 1)
                {
                    signal.Wake();
                }

                return false;
            },
        };
        await loop.StartAsync(TestContext.Current.CancellationToken);
        await loop.ReachAsync(2);
        signal.Wake();
        await loop.ReachAsync(3);
        await loop.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Lines : ConcurrentQueue<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? error, Func<TState, Exception?, string> format) =>
            Enqueue(error?.Message ?? "");
    }

    private sealed class Counting(TimeProvider clock, WakeSignal? signal = null, ILogger? log = null)
        : LoopService(clock, log ?? NullLogger.Instance)
    {
        private int _passes;

        public Func<int, bool> OnPass { get; init; } = _ => false;

        public int Passes => Volatile.Read(ref _passes);

        protected override TimeSpan Interval => LoopServiceTests.Interval;

        protected override WakeSignal? Signal => signal;

        public override Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel) =>
            Task.FromResult(OnPass(Interlocked.Increment(ref _passes)));

        public async Task ReachAsync(int passes)
        {
            while (Passes < passes)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }
}
