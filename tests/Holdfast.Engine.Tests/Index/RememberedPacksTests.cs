using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Index;

/// <summary>Which packs are there, where each request costs.</summary>
public sealed class RememberedPacksTests : IDisposable
{
    private readonly TempFolder _home = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly CostlyStore _store = new(new MemoryObjectStore());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Packs_are_listed_once_a_day_by_all_processes_together()
    {
        var pack = await PutAsync(PackKind.Data);
        using var packs = Make();
        await packs.ReadAsync(Cancel);
        var lists = _store.Lists;
        _clock.Advance(TimeSpan.FromHours(23));
        using var another = Make();

        Assert.Equal(5, (await another.ReadAsync(Cancel)).Find(PackKind.Data, pack));
        Assert.Same(await packs.ReadAsync(Cancel), await packs.ReadAsync(Cancel));
        Assert.Equal(lists, _store.Lists);

        _clock.Advance(TimeSpan.FromHours(1));
        await another.ReadAsync(Cancel);
        Assert.True(_store.Lists > lists, "the day was over, and nothing was listed");
    }

    [Fact]
    public async Task What_was_put_by_this_machine_is_known_without_a_question()
    {
        using var packs = Make();
        await packs.ReadAsync(Cancel);
        var pack = await PutAsync(PackKind.Map);
        packs.Add([(PackKind.Map, pack, 5)]);
        using var another = Make();
        _store.Forget();

        Assert.Empty(await packs.AbsentAsync([(PackKind.Map, pack, 5)], Cancel));
        Assert.Empty(await another.AbsentAsync([(PackKind.Map, pack, 5)], Cancel));
        Assert.Equal((0, 0), (_store.Lists, _store.Heads));
    }

    [Fact]
    public async Task What_others_put_is_asked_for_once_and_what_is_not_there_too()
    {
        using var packs = Make();
        await packs.ReadAsync(Cancel);
        (PackKind, Guid, long)[] named =
        [
            (PackKind.Data, await PutAsync(PackKind.Data), 5),
            (PackKind.Data, await PutAsync(PackKind.Data), 6),
            (PackKind.Map, Guid.CreateVersion7(), 5),
        ];
        _store.Forget();

        var absent = await packs.AbsentAsync(named, Cancel);
        Assert.Equal(absent, await packs.AbsentAsync(named, Cancel));

        Assert.Equal(new[] { named[1].Item2, named[2].Item2 }.Order(), absent.Order());
        Assert.Equal((0, 3), (_store.Lists, _store.Heads));
    }

    [Fact]
    public async Task Once_packs_may_have_gone_they_are_listed_anew()
    {
        var pack = await PutAsync(PackKind.Data);
        using var packs = Make();
        await packs.ReadAsync(Cancel);
        await _store.DeleteAsync(ObjectNames.OfPack(PackKind.Data, pack), Cancel);

        packs.Forget();
        using var another = Make();

        Assert.Null((await another.ReadAsync(Cancel)).Find(PackKind.Data, pack));
        Assert.Null((await packs.ReadAsync(Cancel)).Find(PackKind.Data, pack));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_makes_nothing_last_longer()
    {
        using (var packs = Make())
            await packs.ReadAsync(Cancel);

        var lists = _store.Lists;
        var before = new FakeTimeProvider(_clock.GetUtcNow() - TimeSpan.FromDays(400));
        using var another = new RememberedPacks(_store, _home["cache"], before);
        await another.ReadAsync(Cancel);

        Assert.True(_store.Lists > lists, "what was kept in the future was believed");
    }

    [Fact]
    public async Task A_damaged_memory_makes_no_pack_and_loses_none()
    {
        List<(PackKind, Guid, long)> named = [];
        for (var i = 0; i < 3; i++)
            named.Add((PackKind.Data, await PutAsync(PackKind.Data), 5));

        using (var packs = Make())
            await packs.ReadAsync(Cancel);

        var file = _home["cache", "packs-1"];
        var whole = await File.ReadAllBytesAsync(file, Cancel);
        for (var at = 0; at <= whole.Length; at++)
        {
            var damaged = whole.ToArray();
            if (at < whole.Length)
                damaged[at] ^= 0x40;

            await File.WriteAllBytesAsync(file, at < whole.Length && at % 2 == 0 ? damaged : whole[..at], Cancel);
            using var packs = Make();

            Assert.Empty(await packs.AbsentAsync(named, Cancel));
            Assert.Equal(3, (await packs.ReadAsync(Cancel)).Count);
        }
    }

    private RememberedPacks Make() => new(_store, _home["cache"], _clock);

    private async Task<Guid> PutAsync(PackKind kind)
    {
        var pack = Guid.CreateVersion7();
        await _store.PutIfAbsentAsync(ObjectNames.OfPack(kind, pack), new ReadOnlySequence<byte>(new byte[5]), Cancel);
        return pack;
    }

    private sealed class CostlyStore(IObjectStore inner) : ForwardingObjectStore(inner), ICountedStore
    {
        public int Lists { get; private set; }

        public int Heads { get; private set; }

        public StoreRequests Requests => new(0, 0, Heads, Lists, 0, 0);

        public StoreRequests Failures => default;

        public void Forget() => (Lists, Heads) = (0, 0);

        public override IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel)
        {
            Lists++;
            return base.ListAsync(prefix, cancel);
        }

        public override ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
        {
            lock (this)
                Heads++;

            return base.FindSizeAsync(key, cancel);
        }
    }
}
