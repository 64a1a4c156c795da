using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Objects;

/// <summary>A store that fails one call in twenty, tried again, is as good as one that does not fail.</summary>
public sealed class RetryingObjectStoreTests : ObjectStoreSpec
{
    private static readonly RetryOptions AtOnce = new() { FirstDelay = TimeSpan.Zero };

    protected override IObjectStore OpenEmpty() => Over(new FlakyObjectStore(new MemoryObjectStore(), share: 50, seed: 5));

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task A_put_whose_answer_is_lost_is_told_as_made(FaultMode mode)
    {
        var memory = new MemoryObjectStore();
        await using var store = Over(new OneFault(memory, mode));

        Assert.True(await store.PutIfAbsentAsync(new("data/x"), Pieces("mine"), Cancel));

        Assert.Equal("mine", await TextOfAsync(memory, "data/x"));
    }

    [Fact]
    public async Task A_put_that_meets_anothers_object_after_a_fault_is_told_as_not_made()
    {
        foreach (var other in (string[])["else", "longer"])
        {
            var memory = new MemoryObjectStore();
            await memory.PutIfAbsentAsync(new("data/x"), Pieces(other), Cancel);
            await using var store = Over(new OneFault(memory, FaultMode.BeforeEffect));

            Assert.False(await store.PutIfAbsentAsync(new("data/x"), Pieces("mine"), Cancel));

            Assert.Equal(other, await TextOfAsync(memory, "data/x"));
        }
    }

    [Fact]
    public async Task A_store_that_has_never_answered_is_given_up_sooner_than_one_that_has()
    {
        var clock = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(500) };
        var away = new FlakyObjectStore(new MemoryObjectStore(), share: 1000, seed: 1);
        var options = new RetryOptions { FirstDelay = TimeSpan.Zero };

        await using var never = new RetryingObjectStore(away, new Retries(options, clock));
        await Assert.ThrowsAsync<HoldfastException>(async () => await never.FindSizeAsync(new("config"), Cancel));
        var asked = away.Failures;

        var switched = new Switched(new MemoryObjectStore());
        await using var once = new RetryingObjectStore(switched, new Retries(options, clock));
        await once.FindSizeAsync(new("config"), Cancel);
        switched.IsAway = true;
        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await once.FindSizeAsync(new("config"), Cancel));

        Assert.Equal(FailureKind.Unavailable, e.Kind);
        Assert.InRange(asked, 2, 40);
        Assert.True(switched.Asked > 4 * asked, $"{asked} attempts before any answer, {switched.Asked} after one");
    }

    [Fact]
    public async Task All_calls_together_try_again_only_as_often_as_there_is_stock()
    {
        var switched = new Switched(new MemoryObjectStore());
        await using var store = new RetryingObjectStore(
            switched,
            new Retries(AtOnce with { Stock = 30 }, new FakeTimeProvider())
        );
        await store.FindSizeAsync(new("config"), Cancel);
        switched.IsAway = true;
        switched.Asked = 0;

        await Assert.ThrowsAsync<HoldfastException>(async () => await store.FindSizeAsync(new("config"), Cancel));
        await Assert.ThrowsAsync<HoldfastException>(async () => await store.FindSizeAsync(new("config"), Cancel));

        Assert.Equal(32, switched.Asked);
    }

    [Fact]
    public async Task What_is_no_passing_failure_is_not_tried_again()
    {
        var switched = new Switched(new MemoryObjectStore()) { Kind = FailureKind.Refused, IsAway = true };
        await using var store = Over(switched);

        await Assert.ThrowsAsync<HoldfastException>(async () => await store.FindSizeAsync(new("config"), Cancel));

        Assert.Equal(1, switched.Asked);
    }

    private static RetryingObjectStore Over(IObjectStore inner) => new(inner, new Retries(AtOnce, new FakeTimeProvider()));

    /// <summary>The first put fails.</summary>
    private sealed class OneFault(IObjectStore inner, FaultMode mode) : ForwardingObjectStore(inner)
    {
        private bool _failed;

        public override async ValueTask<bool> PutIfAbsentAsync(
            ObjectKey key,
            System.Buffers.ReadOnlySequence<byte> content,
            CancellationToken cancel
        )
        {
            if (_failed)
                return await base.PutIfAbsentAsync(key, content, cancel);

            _failed = true;
            if (mode == FaultMode.AfterEffect)
                await base.PutIfAbsentAsync(key, content, cancel);

            throw new HoldfastException(FailureKind.Unavailable, "The answer was lost.");
        }
    }

    /// <summary>Counts who asks, and fails while it is away.</summary>
    private sealed class Switched(IObjectStore inner) : ForwardingObjectStore(inner)
    {
        public bool IsAway { get; set; }

        public FailureKind Kind { get; init; } = FailureKind.Unavailable;

        public int Asked { get; set; }

        public override ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
        {
            Asked++;
            return IsAway ? throw new HoldfastException(Kind, "It is away.") : base.FindSizeAsync(key, cancel);
        }
    }
}
