using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Objects;

/// <summary>Limits of bytes a second, by a clock that the test holds.</summary>
public sealed class ThrottleTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Those_who_ask_are_served_in_their_order_and_no_faster_than_the_limit()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1000 };
        var turns = Enumerable.Range(0, 4).Select(_ => limit.WaitAsync(null, 500, Never).AsTask()).ToList();

        await turns[0];
        for (var served = 1; served < turns.Count; served++)
        {
            Assert.All(turns.Skip(served), turn => Assert.False(turn.IsCompleted));
            _clock.Advance(TimeSpan.FromMilliseconds(500));
            await turns[served];
        }
    }

    [Fact]
    public async Task Jobs_get_equal_shares_however_much_one_asks_for_at_once()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1000 };
        using var greedy = new Job();
        using var modest = new Job();

        // One with eight requests under way all the time, the other with one, and of half the size.
        greedy.Ask(limit, requests: 8, bytes: 100);
        modest.Ask(limit, requests: 1, bytes: 50);
        await RunAsync(TimeSpan.FromSeconds(20), greedy, modest);

        Assert.InRange(greedy.Served + modest.Served, 20_000, 20_200);
        Assert.InRange(modest.Served, greedy.Served - 200, greedy.Served + 200);
    }

    [Fact]
    public async Task A_job_that_comes_later_gets_its_share_at_once_and_has_no_more_to_make_up_for()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1000 };
        using var first = new Job();
        using var later = new Job();
        first.Ask(limit, requests: 16, bytes: 100);
        await RunAsync(TimeSpan.FromSeconds(10), first);
        var before = first.Served;

        later.Ask(limit, requests: 1, bytes: 100);
        await RunAsync(TimeSpan.FromSeconds(10), first, later);

        Assert.InRange(later.Served, 4_800, 5_200);
        Assert.InRange(first.Served - before, 4_800, 5_200);
    }

    [Fact]
    public async Task What_one_job_does_not_use_the_others_have()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1000 };
        using var working = new Job();
        using var gone = new Job();
        working.Ask(limit, requests: 2, bytes: 100);
        gone.Ask(limit, requests: 4, bytes: 100);
        await RunAsync(TimeSpan.FromSeconds(5), working, gone);
        var before = working.Served;

        await gone.EndAsync();
        await RunAsync(TimeSpan.FromSeconds(10), working);

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

        limit.BytesPerSecond = bytesPerSecond;
        for (var seconds = 0; !waiting.IsCompleted; seconds++)
        {
            // Whether it has looked at the clock before or after it was moved: within a few seconds, not a thousand.
            Assert.InRange(seconds, 0, 900);
            _clock.Advance(TimeSpan.FromSeconds(bytesPerSecond > 0 ? 1 : 0));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
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

    /// <summary>Moves the clock by a tenth of a second at a time, and lets all who are served ask again in between.</summary>
    private async Task RunAsync(TimeSpan time, params Job[] jobs)
    {
        for (var tenths = 0; tenths < time.TotalSeconds * 10; tenths++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            for (var still = 0; still < 5; still = jobs.Sum(job => job.TakeServed()) > 0 ? 0 : still + 1)
                await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Has so many requests under way at any time.</summary>
    private sealed class Job : IDisposable
    {
        private readonly List<(Task Turn, long Bytes)> _turns = [];
        private readonly CancellationTokenSource _end = new();
        private RateLimit? _limit;

        public long Served { get; private set; }

        public void Ask(RateLimit limit, int requests, long bytes)
        {
            _limit = limit;
            _turns.AddRange(Enumerable.Range(0, requests).Select(_ => (limit.WaitAsync(this, bytes, _end.Token).AsTask(), bytes)));
        }

        /// <summary>Asks again for what was served; how many that were.</summary>
        public int TakeServed()
        {
            var served = _turns.Where(turn => turn.Turn.IsCompletedSuccessfully).ToList();
            _turns.RemoveAll(turn => turn.Turn.IsCompletedSuccessfully);
            foreach (var (_, bytes) in served)
            {
                Served += bytes;
                Ask(_limit!, requests: 1, bytes);
            }

            return served.Count;
        }

        public async Task EndAsync()
        {
            await _end.CancelAsync();
            foreach (var (turn, _) in _turns)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
        }

        public void Dispose() => _end.Dispose();
    }

    private static async Task<T> StandsStillAsync<T>(RateLimit limit, Func<Task<T>> work)
    {
        limit.BytesPerSecond = 1;
        var working = Task.Run(work);
        while (!limit.IsAwaited)
        {
            Assert.False(working.IsCompleted);
            await Task.Yield();
        }

        limit.BytesPerSecond = 0;
        return await working;
    }
}
