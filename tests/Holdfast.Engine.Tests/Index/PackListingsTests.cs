using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.Local;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests.Index;

/// <summary>Which packs are there, asked again and again of a folder that others change.</summary>
public sealed class PackListingsTests : IAsyncDisposable
{
    private readonly TempFolder _home = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly ListedFolder _store;
    private readonly PackListings _packs;

    public PackListingsTests()
    {
        _store = new ListedFolder(new LocalObjectStore(_home["store"], create: true));
        _packs = new PackListings(_store, cacheRoot: null, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        _packs.Dispose();
        await _store.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task What_did_not_change_is_not_listed_again_once_its_times_have_moved_on()
    {
        await PutAsync(PackKind.Data, Guid.CreateVersion7());
        var first = await SettleAsync();
        var listed = _store.Listed;

        Assert.Equal(1, first.Count);
        Assert.Same(first, await _packs.ReadAsync(default));
        Assert.Equal(listed, _store.Listed);
    }

    [Fact]
    public async Task Within_a_step_of_the_file_systems_times_every_look_lists()
    {
        await PutAsync(PackKind.Data, Guid.CreateVersion7());
        await _packs.ReadAsync(default);
        var listed = _store.Listed;
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        await _packs.ReadAsync(default);

        Assert.True(_store.Listed > listed, "a folder was taken for known a moment after its state was first seen");
    }

    [Theory]
    [InlineData((int)PackKind.Data)]
    [InlineData((int)PackKind.Map)]
    public async Task A_pack_that_goes_or_comes_is_seen_by_the_next_look(int kind)
    {
        var (gone, stays, late) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await PutAsync((PackKind)kind, gone);
        await PutAsync((PackKind)kind, stays);
        Assert.Equal(2, (await SettleAsync()).Count);

        // The seconds that it waits for the file system's times to move on are the test's; those times are the kernel's.
        FileClock.WaitForNextTick(_home);
        File.Delete(PathOf((PackKind)kind, gone));
        await PutAsync((PackKind)kind, late);
        var seen = await _packs.ReadAsync(default);

        Assert.Null(seen.Find((PackKind)kind, gone));
        Assert.Equal(3, seen.Find((PackKind)kind, stays));
        Assert.Equal(3, seen.Find((PackKind)kind, late));
    }

    [Fact]
    public async Task A_folder_that_goes_with_all_its_packs_is_seen_by_the_next_look()
    {
        var pack = Guid.CreateVersion7();
        await PutAsync(PackKind.Data, pack);
        await SettleAsync();
        Directory.Delete(_home["store/data"], recursive: true);

        Assert.Equal(0, (await _packs.ReadAsync(default)).Count);
    }

    [Fact]
    public async Task A_pack_that_was_cut_in_place_is_seen_after_ten_minutes()
    {
        var pack = Guid.CreateVersion7();
        await PutAsync(PackKind.Data, pack);
        await SettleAsync();
        await File.WriteAllBytesAsync(PathOf(PackKind.Data, pack), [1]);
        _clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(1, (await _packs.ReadAsync(default)).Find(PackKind.Data, pack));
    }

    [Fact]
    public async Task A_pack_in_another_packs_folder_is_not_counted()
    {
        var pack = Guid.CreateVersion7();
        await PutAsync(PackKind.Data, pack);
        var path = PathOf(PackKind.Data, pack);
        var other = _home[path.Contains("/data/00/", StringComparison.Ordinal) ? "store/data/01" : "store/data/00"];
        Directory.CreateDirectory(other);
        File.Move(path, Path.Combine(other, Path.GetFileName(path)));

        Assert.Null((await _packs.ReadAsync(default)).Find(PackKind.Data, pack));
    }

    private async Task<PackListing> SettleAsync()
    {
        await _packs.ReadAsync(default);
        _clock.Advance(TimeSpan.FromSeconds(5));
        return await _packs.ReadAsync(default);
    }

    private async Task PutAsync(PackKind kind, Guid pack) =>
        Assert.True(await _store.PutIfAbsentAsync(ObjectNames.OfPack(kind, pack), new ReadOnlySequence<byte>([1, 2, 3]), default));

    private string PathOf(PackKind kind, Guid pack) => _home["store/" + ObjectNames.OfPack(kind, pack).Value];

    /// <summary>Counts the listings of a folder.</summary>
    private sealed class ListedFolder(LocalObjectStore inner) : IObjectStore, IFolderStore
    {
        public int Listed { get; private set; }

        public string Name => inner.Name;

        public FolderState?[] FindFolderStates(IReadOnlyList<string> prefixes) => inner.FindFolderStates(prefixes);

        public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel)
        {
            Listed++;
            return inner.ListAsync(prefix, cancel);
        }

        public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
            inner.PutIfAbsentAsync(key, content, cancel);

        public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
            inner.ReplaceAsync(key, content, cancel);

        public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel) =>
            inner.ReadAsync(key, offset, into, cancel);

        public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) => inner.FindSizeAsync(key, cancel);

        public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => inner.DeleteAsync(key, cancel);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
