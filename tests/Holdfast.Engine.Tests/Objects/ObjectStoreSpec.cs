using System.Buffers;
using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Tests.Objects;

/// <summary>What every object store, and every wrapper around one, promises. See <see cref="IObjectStore"/>.</summary>
public abstract class ObjectStoreSpec
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Whether of several puts of one key at once exactly one wins. Some servers of others do not promise it.</summary>
    protected virtual bool KeepsRaces => true;

    /// <summary>Whether an object that is replaced is never seen half written. Where it may be, a reader must be told, and never be given
    /// parts of two.</summary>
    protected virtual bool ReplacesWhole => true;

    /// <summary>An empty store.</summary>
    protected abstract IObjectStore OpenEmpty();

    [Fact]
    public async Task An_object_is_read_back_as_it_was_put()
    {
        await using var store = OpenEmpty();

        Assert.True(await store.PutIfAbsentAsync(new("data/3f/3f0c"), Pieces("hold", "", "fa", "st"), Cancel));

        Assert.Equal("holdfast", await TextOfAsync(store, "data/3f/3f0c"));
    }

    [Fact]
    public async Task An_object_of_several_write_steps_is_read_back_as_it_was_put()
    {
        await using var store = OpenEmpty();
        var content = new byte[(20 << 20) + 17];
        new Random(1).NextBytes(content);

        await store.PutIfAbsentAsync(new("data/big"), Cut(content, 700_001), Cancel);

        var read = new byte[content.Length];
        await store.ReadAsync(new("data/big"), 0, read, Cancel);
        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task A_put_to_a_taken_key_answers_false_and_changes_nothing()
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("keys/one"), Pieces("first"), Cancel);

        Assert.False(await store.PutIfAbsentAsync(new("keys/one"), Pieces("second"), Cancel));

        Assert.Equal("first", await TextOfAsync(store, "keys/one"));
    }

    [Fact]
    public async Task Of_many_puts_of_one_key_at_once_exactly_one_wins()
    {
        Assert.SkipUnless(KeepsRaces, "this store does not promise it");
        await using var store = OpenEmpty();
        using var start = new Barrier(8);

        var wins = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    Task.Factory.StartNew(
                            () =>
                            {
                                start.SignalAndWait(Cancel);
                                return store.PutIfAbsentAsync(new("manifests/x"), Pieces($"writer {i}"), Cancel).AsTask();
                            },
                            Cancel,
                            TaskCreationOptions.LongRunning,
                            TaskScheduler.Default
                        )
                        .Unwrap()
                )
        );

        var winner = Assert.Single(Enumerable.Range(0, 8), i => wins[i]);
        Assert.Equal($"writer {winner}", await TextOfAsync(store, "manifests/x"));
    }

    [Fact]
    public async Task Replace_puts_an_object_whether_or_not_there_was_one()
    {
        await using var store = OpenEmpty();

        await store.ReplaceAsync(new("config"), Pieces("one"), Cancel);
        Assert.Equal("one", await TextOfAsync(store, "config"));

        await store.ReplaceAsync(new("config"), Pieces("twenty-two"), Cancel);
        Assert.Equal("twenty-two", await TextOfAsync(store, "config"));
    }

    [Fact]
    public async Task A_reader_sees_the_old_or_the_new_object_whole_while_it_is_replaced()
    {
        await using var store = OpenEmpty();
        await store.ReplaceAsync(new("config"), Pieces(new string('a', 100_000)), Cancel);
        var writer = Task.Run(
            async () =>
            {
                for (var i = 1; i < 20; i++)
                    await store.ReplaceAsync(new("config"), Pieces(new string((char)('a' + i), 100_000)), Cancel);
            },
            Cancel
        );

        var bytes = new byte[100_000];
        do
        {
            try
            {
                await store.ReadAsync(new("config"), 0, bytes, Cancel);
            }
            catch (HoldfastException e) when (!ReplacesWhole && e.Kind == FailureKind.Corrupted)
            {
                continue;
            }

            Assert.Equal(-1, bytes.AsSpan().IndexOfAnyExcept(bytes[0]));
        } while (!writer.IsCompleted);

        await writer;
    }

    [Fact]
    public async Task A_range_is_read_exactly()
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("data/x"), Pieces("0123456789"), Cancel);
        var range = new byte[4];

        await store.ReadAsync(new("data/x"), 3, range, Cancel);

        Assert.Equal("3456"u8, range);
    }

    [Theory]
    [InlineData(7, 4)]
    [InlineData(10, 1)]
    [InlineData(11, 1)]
    [InlineData(1L << 40, 1)]
    public async Task A_range_past_the_end_is_corruption(long offset, int length)
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("data/x"), Pieces("0123456789"), Cancel);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () =>
            await store.ReadAsync(new("data/x"), offset, new byte[length], Cancel)
        );

        Assert.Equal(FailureKind.Corrupted, e.Kind);
        Assert.Contains("data/x", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absent_object_is_not_found()
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("data/x"), Pieces("0"), Cancel);

        foreach (var key in (string[])["data/y", "nowhere/y", "data/x/y", "data"])
        {
            var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.ReadAsync(new(key), 0, new byte[1], Cancel));
            Assert.Equal((key, FailureKind.NotFound), (key, e.Kind));
            Assert.Null(await store.FindSizeAsync(new(key), Cancel));
        }
    }

    [Fact]
    public async Task Sizes_are_told_also_of_an_empty_object()
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("a/empty"), ReadOnlySequence<byte>.Empty, Cancel);
        await store.PutIfAbsentAsync(new("a/three"), Pieces("abc"), Cancel);

        Assert.Equal(0, await store.FindSizeAsync(new("a/empty"), Cancel));
        Assert.Equal(3, await store.FindSizeAsync(new("a/three"), Cancel));
        await store.ReadAsync(new("a/empty"), 0, Memory<byte>.Empty, Cancel);
    }

    [Fact]
    public async Task A_listing_is_in_ordinal_order_of_whole_keys()
    {
        await using var store = OpenEmpty();
        string[] keys = ["a-b", "a.b", "a/b", "a/b.c/d", "a/b0", "a0", "a_b", "b/c/d/e"];
        foreach (var key in keys.Reverse())
            await store.PutIfAbsentAsync(new(key), Pieces(key), Cancel);

        Assert.Equal(keys, await ListAsync(store, ""));
    }

    [Fact]
    public async Task A_listing_under_a_prefix_shows_that_folder_only_with_sizes()
    {
        await using var store = OpenEmpty();
        foreach (var key in (string[])["data/1", "data/22/x", "data2/x", "dat", "map/1"])
            await store.PutIfAbsentAsync(new(key), Pieces(key), Cancel);

        Assert.Equal(["data/1", "data/22/x"], await ListAsync(store, "data/"));
        Assert.Equal(["data/22/x"], await ListAsync(store, "data/22/"));
        Assert.Empty(await ListAsync(store, "none/"));
        Assert.Equal(5, await store.ListAsync("map/", Cancel).Select(e => e.Size).SingleAsync(Cancel));
    }

    [Fact]
    public async Task A_deleted_object_is_gone_and_deleting_it_again_succeeds()
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("data/x"), Pieces("0"), Cancel);
        await store.ReadAsync(new("data/x"), 0, new byte[1], Cancel);

        await store.DeleteAsync(new("data/x"), Cancel);
        await store.DeleteAsync(new("data/x"), Cancel);

        Assert.Null(await store.FindSizeAsync(new("data/x"), Cancel));
        Assert.Empty(await ListAsync(store, ""));
        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.ReadAsync(new("data/x"), 0, new byte[1], Cancel));
        Assert.Equal(FailureKind.NotFound, e.Kind);
        Assert.True(await store.PutIfAbsentAsync(new("data/x"), Pieces("1"), Cancel));
        Assert.Equal("1", await TextOfAsync(store, "data/x"));
    }

    [Fact]
    public async Task A_cancelled_put_leaves_nothing()
    {
        await using var store = OpenEmpty();
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await store.PutIfAbsentAsync(new("data/x"), Pieces("0"), cancelled)
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await store.ReplaceAsync(new("data/x"), Pieces("0"), cancelled)
        );

        Assert.Empty(await ListAsync(store, ""));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3_000_000)]
    [InlineData(70_000_000)]
    public async Task Nothing_touches_the_content_of_a_put_once_it_has_ended(int length)
    {
        await using var store = OpenEmpty();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var put = new GuardedMemory(length);
        using var taken = new GuardedMemory(length);
        using var cancelled = new GuardedMemory(length, stop.Cancel);

        Assert.True(await store.PutIfAbsentAsync(new("data/x"), put.Content, Cancel));
        put.Close();
        Assert.False(await store.PutIfAbsentAsync(new("data/x"), taken.Content, Cancel));
        taken.Close();
        try
        {
            await store.ReplaceAsync(new("data/y"), cancelled.Content, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // It may be over before it notices.
        }

        cancelled.Close();
        if (await store.FindSizeAsync(new("data/y"), Cancel) is { } size)
            Assert.Equal(length, size);

        Assert.Equal([0, 0, 0], [put.TouchedAfterwards, taken.TouchedAfterwards, cancelled.TouchedAfterwards]);
    }

    [Fact]
    public async Task What_was_replaced_is_read_in_its_new_length()
    {
        await using var store = OpenEmpty();
        await store.ReplaceAsync(new("config"), Pieces("a long first content"), Cancel);
        await TextOfAsync(store, "config");

        await store.ReplaceAsync(new("config"), Pieces("short"), Cancel);

        Assert.Equal("short", await TextOfAsync(store, "config"));
    }

    [Fact]
    public async Task A_listing_of_more_than_a_page_is_whole_and_in_order()
    {
        await using var store = OpenEmpty();
        var keys = Enumerable.Range(0, MoreThanAPage(store)).Select(i => $"data/{i % 256:x2}/{i:x4}").ToList();
        await Parallel.ForEachAsync(
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel },
            async (key, cancel) => await store.PutIfAbsentAsync(new(key), Pieces(key), cancel)
        );

        Assert.Equal(keys.Order(StringComparer.Ordinal), await ListAsync(store, "data/"));
    }

    [Fact]
    public async Task Writers_share_the_lock_and_keep_an_exclusive_holder_out()
    {
        await using var store = OpenEmpty();
        Assert.SkipUnless(store is ILockableStore && KeepsRaces, "this store has no lock");
        var lockable = (ILockableStore)store;

        await using (await lockable.LockAsync(exclusive: false, Cancel))
        await using (await lockable.LockAsync(exclusive: false, Cancel))
            await AssertBusyAsync(lockable, exclusive: true);

        await using (await lockable.LockAsync(exclusive: true, Cancel))
        {
            await AssertBusyAsync(lockable, exclusive: false);
            await AssertBusyAsync(lockable, exclusive: true);
        }

        await (await lockable.LockAsync(exclusive: true, Cancel)).DisposeAsync();
        Assert.Empty(await ListAsync(store, ""));
    }

    /// <summary>More objects than the store tells at once.</summary>
    protected virtual int MoreThanAPage(IObjectStore store) => 1100;

    protected static async Task<List<string>> ListAsync(IObjectStore store, string prefix) =>
        await store.ListAsync(prefix, Cancel).Select(e => e.Key.Value).ToListAsync(Cancel);

    protected static async Task<string> TextOfAsync(IObjectStore store, string key)
    {
        var size = await store.FindSizeAsync(new(key), Cancel);
        Assert.NotNull(size);
        var bytes = new byte[size.Value];
        await store.ReadAsync(new(key), 0, bytes, Cancel);
        return Encoding.ASCII.GetString(bytes);
    }

    protected static ReadOnlySequence<byte> Pieces(params string[] texts) =>
        Join(texts.Select(t => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(t)));

    protected static ReadOnlySequence<byte> Cut(byte[] content, int step) =>
        Join(
            Enumerable
                .Range(0, (content.Length + step - 1) / step)
                .Select(i => (ReadOnlyMemory<byte>)content.AsMemory(i * step, Math.Min(step, content.Length - (i * step))))
        );

    private static async Task AssertBusyAsync(ILockableStore store, bool exclusive)
    {
        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.LockAsync(exclusive, Cancel));
        Assert.Equal(FailureKind.Busy, e.Kind);
    }

    private static ReadOnlySequence<byte> Join(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        Piece? first = null;
        Piece? last = null;
        foreach (var piece in pieces)
        {
            last = new Piece(piece, last);
            first ??= last;
        }

        return first is null || last is null
            ? ReadOnlySequence<byte>.Empty
            : new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> content, Piece? before)
        {
            Memory = content;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
