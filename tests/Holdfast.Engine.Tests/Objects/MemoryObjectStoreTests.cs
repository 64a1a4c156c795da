using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects;

public sealed class MemoryObjectStoreTests : ObjectStoreSpec
{
    protected override IObjectStore OpenEmpty() => new MemoryObjectStore();
}

public sealed class FaultyObjectStoreTests : ObjectStoreSpec
{
    protected override IObjectStore OpenEmpty() => new FaultyObjectStore(new MemoryObjectStore(), dieAtCall: 0, FaultMode.BeforeEffect);

    [Theory]
    [InlineData(FaultMode.BeforeEffect, 1)]
    [InlineData(FaultMode.AfterEffect, 2)]
    public async Task It_dies_at_the_given_call_and_stays_dead(FaultMode mode, int putsWithEffect)
    {
        var inner = new MemoryObjectStore();
        await using var store = new FaultyObjectStore(inner, dieAtCall: 2, mode);

        await store.PutIfAbsentAsync(new("a"), Pieces("0"), Cancel);
        await AssertUnavailableAsync(async () => await store.PutIfAbsentAsync(new("b"), Pieces("0"), Cancel));
        await AssertUnavailableAsync(async () => await store.DeleteAsync(new("a"), Cancel));
        await AssertUnavailableAsync(async () => await store.ReadAsync(new("a"), 0, new byte[1], Cancel));
        await AssertUnavailableAsync(async () => await store.FindSizeAsync(new("a"), Cancel));
        await AssertUnavailableAsync(async () => await ListAsync(store, ""));

        Assert.Equal(putsWithEffect, inner.Count);
        Assert.Equal(3, store.MutatingCalls);
    }

    private static async Task AssertUnavailableAsync(Func<Task> call)
    {
        var e = await Assert.ThrowsAsync<HoldfastException>(call);
        Assert.Equal(FailureKind.Unavailable, e.Kind);
    }
}
