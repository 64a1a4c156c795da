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
        var turns = Enumerable.Range(0, 4).Select(_ => limit.WaitAsync(500, Never).AsTask()).ToList();

        await turns[0];
        for (var served = 1; served < turns.Count; served++)
        {
            Assert.All(turns.Skip(served), turn => Assert.False(turn.IsCompleted));
            _clock.Advance(TimeSpan.FromMilliseconds(500));
            await turns[served];
        }
    }

    [Fact]
    public async Task What_was_not_used_is_not_saved_up()
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1000 };
        _clock.Advance(TimeSpan.FromHours(1));

        await limit.WaitAsync(1000, Never);

        Assert.False(limit.WaitAsync(1, Never).AsTask().IsCompleted);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(0)]
    public async Task A_limit_that_is_changed_holds_for_those_who_wait_too(long bytesPerSecond)
    {
        var limit = new RateLimit(_clock) { BytesPerSecond = 1 };
        await limit.WaitAsync(1000, Never);
        var waiting = limit.WaitAsync(1, Never).AsTask();

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
        await limit.WaitAsync(1000, Never);
        using var giveUp = new CancellationTokenSource();
        var waiting = limit.WaitAsync(1, giveUp.Token).AsTask();

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
