using System.Threading.Channels;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Objects;

/// <summary>Limits of bytes a second, by a clock that the test holds.</summary>
public sealed class ThrottleTests
{
    /// <summary>The limit of the tests whose jobs ask again and again.</summary>
    private const long Rate = 1000;

    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly ArmedClock _clock = new();

    /// <summary>Bytes that jobs were seen to have been served, and that time has paid for.</summary>
    private long _served;
    private long _paid;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Those_who_ask_are_served_in_their_order_and_no_faster_than_the_limit()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1000 };
        var turns = Enumerable.Range(0, 4).Select(_ => limit.WaitAsync(null, 500, Never).AsTask()).ToList();

        await turns[0];
        for (var served = 1; served < turns.Count; served++)
        {
            // Were the clock moved before whoever is next waits for it, nothing would wake that one.
            Assert.Equal(TimeSpan.FromMilliseconds(500), await _clock.ArmedAsync());
            Assert.All(turns.Skip(served), turn => Assert.False(turn.IsCompleted));
            _clock.Advance(TimeSpan.FromMilliseconds(500));
            await turns[served].WaitAsync(Patience.Limit, Cancel);
        }
    }

    [Fact]
    public async Task Jobs_get_equal_shares_however_much_one_asks_for_at_once()
    {
        var limit = await BeginBetweenStepsAsync();
        using var greedy = new Job();
        using var modest = new Job();

        // One with eight requests under way all the time, the other with one, and of half the size.
        greedy.Ask(limit, requests: 8, bytes: 100);
        modest.Ask(limit, requests: 1, bytes: 50);
        await RunAsync(limit, TimeSpan.FromSeconds(20), greedy, modest);

        Assert.InRange(greedy.Served + modest.Served, 20_000, 20_200);
        Assert.InRange(modest.Served, greedy.Served - 200, greedy.Served + 200);
    }

    [Fact]
    public async Task A_job_that_comes_later_gets_its_share_at_once_and_has_no_more_to_make_up_for()
    {
        var limit = await BeginBetweenStepsAsync();
        using var first = new Job();
        using var later = new Job();
        first.Ask(limit, requests: 16, bytes: 100);
        await RunAsync(limit, TimeSpan.FromSeconds(10), first);
        var before = first.Served;

        later.Ask(limit, requests: 1, bytes: 100);
        await RunAsync(limit, TimeSpan.FromSeconds(10), first, later);

        Assert.InRange(later.Served, 4_800, 5_200);
        Assert.InRange(first.Served - before, 4_800, 5_200);
    }

    [Fact]
    public async Task What_one_job_does_not_use_the_others_have()
    {
        var limit = await BeginBetweenStepsAsync();
        using var working = new Job();
        using var gone = new Job();
        working.Ask(limit, requests: 2, bytes: 100);
        gone.Ask(limit, requests: 4, bytes: 100);
        await RunAsync(limit, TimeSpan.FromSeconds(5), working, gone);
        var before = working.Served;

        await gone.EndAsync();
        await RunAsync(limit, TimeSpan.FromSeconds(10), working);

        Assert.InRange(working.Served - before, 9_800, 10_200);
    }

    [Fact]
    public async Task What_was_not_used_is_not_saved_up()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1000 };
        _clock.Advance(TimeSpan.FromHours(1));

        await limit.WaitAsync(null, 1000, Never);

        Assert.False(limit.WaitAsync(null, 1, Never).AsTask().IsCompleted);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(0)]
    public async Task A_limit_that_is_changed_holds_for_those_who_wait_too(long bytesPerSecond)
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1 };
        await limit.WaitAsync(null, 1000, Never);
        var waiting = limit.WaitAsync(null, 1, Never).AsTask();
        Assert.Equal(TimeSpan.FromSeconds(1000), await _clock.ArmedAsync());

        limit.BytesPerSecond = bytesPerSecond;
        if (bytesPerSecond > 0)
        {
            Assert.Equal(TimeSpan.FromSeconds(1), await _clock.ArmedAsync());
            Assert.False(waiting.IsCompleted);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        await waiting.WaitAsync(Patience.Limit, Cancel);
    }

    [Fact]
    public async Task Who_gives_up_does_not_wait()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1 };
        await limit.WaitAsync(null, 1000, Never);
        using var giveUp = new CancellationTokenSource();
        var waiting = limit.WaitAsync(null, 1, giveUp.Token).AsTask();

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_backup_a_restore_and_a_copy_wait_for_their_turns()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024);
        var content = TestBytes.Random(3_000_000, seed: 1);
        var limits = repository.Open.Limits;

        // Only what is limited waits: with one of the three at nearly nothing, that work stands still, and goes on when it may.
        var manifest = await StandsStillAsync(limits.VolumeRead, () => repository.BackupAsync(new MemoryDevice(content)));
        await StandsStillAsync(limits.StoreWrite, () => repository.BackupAsync(new MemoryDevice(TestBytes.Random(3_000_000, seed: 2))));
        Assert.Equal(content, await StandsStillAsync(limits.StoreRead, () => repository.RestoreAsync(manifest)));
        await using var copy = new MemoryObjectStore("copy");
        await StandsStillAsync(limits.StoreWrite, () => repository.Open.CopyToAsync(copy, new CopyOptions(), null, Never));
        Assert.Equal(repository.Store.Keys, copy.Keys);
    }

    /// <summary>A limit by which no turn falls due at the very end of a step of <see cref="RunAsync"/>, where requests have 50 or 100
    /// bytes: so it is certain in which step each is served.</summary>
    private async Task<RateLimit> BeginBetweenStepsAsync()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = Rate };
        _served = Rate / 40;
        await limit.WaitAsync(null, _served, Never);
        return limit;
    }

    /// <summary>Moves the clock by a tenth of a second at a time, and goes on when all that this has paid for was served and asked for
    /// again, however long that takes.</summary>
    private async Task RunAsync(RateLimit limit, TimeSpan time, params Job[] jobs)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        late.CancelAfter(Patience.Limit);
        for (var tenths = 0; tenths < time.TotalSeconds * 10; tenths++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            _paid += Rate / 10;
            while ((_served += jobs.Sum(job => job.TakeServed())) < _paid || jobs.Sum(job => job.Waiting) != limit.Waiting)
            {
                // All look again: one that looked before the clock was moved may wait from after that on, for a time that has gone by.
                limit.BytesPerSecond = Rate;
                await Task.Delay(1, late.Token);
            }
        }
    }

    /// <summary>Has so many requests under way at any time.</summary>
    private sealed class Job : IDisposable
    {
        private List<(Task Turn, long Bytes)> _turns = [];
        private readonly CancellationTokenSource _end = new();
        private RateLimit? _limit;

        public long Served { get; private set; }

        /// <summary>Requests that wait, or were served and not taken yet.</summary>
        public int Waiting => _turns.Count;

        public void Ask(RateLimit limit, int requests, long bytes)
        {
            _limit = limit;
            _turns.AddRange(Enumerable.Range(0, requests).Select(_ => (limit.WaitAsync(this, bytes, _end.Token).AsTask(), bytes)));
        }

        /// <summary>Asks again for what was served; how many bytes that were.</summary>
        public long TakeServed()
        {
            // Each is looked at once: more are served meanwhile.
            var turns = _turns.ToLookup(turn => turn.Turn.IsCompletedSuccessfully);
            var before = Served;
            _turns = [.. turns[false]];
            foreach (var (_, bytes) in turns[true])
            {
                Served += bytes;
                Ask(_limit!, requests: 1, bytes);
            }

            return Served - before;
        }

        public async Task EndAsync()
        {
            await _end.CancelAsync();
            foreach (var (turn, _) in _turns)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
        }

        public void Dispose() => _end.Dispose();
    }

    /// <summary>A clock that tells when somebody waits for it.</summary>
    private sealed class ArmedClock : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> _armed = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _armed.Writer.TryWrite(dueTime);
            return timer;
        }

        /// <summary>Returns when one more has begun to wait than at the call before, and for how long.</summary>
        public Task<TimeSpan> ArmedAsync() => _armed.Reader.ReadAsync(Cancel).AsTask().WaitAsync(Patience.Limit, Cancel);
    }

    private static async Task<T> StandsStillAsync<T>(RateLimit limit, Func<Task<T>> work)
    {
        limit.BytesPerSecond = 1;
        var working = Task.Run(work);
        while (limit.Waiting == 0)
        {
            Assert.False(working.IsCompleted);
            await Task.Yield();
        }

        limit.BytesPerSecond = 0;
        return await working;
    }
}
