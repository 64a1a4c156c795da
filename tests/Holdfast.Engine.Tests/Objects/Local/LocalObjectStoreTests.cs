using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.Local;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects.Local;

public sealed class LocalObjectStoreTests : ObjectStoreSpec, IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    protected override IObjectStore OpenEmpty() => new LocalObjectStore(_temp["repository"], create: true);

    [Fact]
    public async Task Another_opening_of_the_folder_sees_the_objects()
    {
        await using (var store = OpenEmpty())
            await store.PutIfAbsentAsync(new("data/3f/x"), Pieces("0"), Cancel);

        await using var again = new LocalObjectStore(_temp["repository"]);
        Assert.Equal("0", await TextOfAsync(again, "data/3f/x"));
        Assert.Empty(Directory.EnumerateFiles(_temp["repository", ".tmp"]));
    }

    [Fact]
    public async Task What_was_left_by_the_dead_is_removed_at_the_first_opening_and_never_listed()
    {
        await using (var store = OpenEmpty())
            await store.PutIfAbsentAsync(new("data/x"), Pieces("0"), Cancel);

        await File.WriteAllTextAsync(_temp["repository", ".tmp", "left"], "by the dead", Cancel);

        await using var again = new LocalObjectStore(_temp["repository"]);
        Assert.False(File.Exists(_temp["repository", ".tmp", "left"]));
        Assert.Equal(["data/x"], await ListAsync(again, ""));
    }

    [Fact]
    public async Task A_second_opening_leaves_the_files_of_the_first_alone()
    {
        await using var first = OpenEmpty();
        await first.PutIfAbsentAsync(new("data/x"), Pieces("0"), Cancel);
        await File.WriteAllTextAsync(_temp["repository", ".tmp", "in-use"], "by the first", Cancel);

        await using var second = new LocalObjectStore(_temp["repository"]);
        await second.PutIfAbsentAsync(new("data/y"), Pieces("0"), Cancel);

        Assert.True(File.Exists(_temp["repository", ".tmp", "in-use"]));
    }

    [Fact]
    public async Task An_object_that_another_process_replaced_or_removed_is_not_read_from_a_file_kept_open()
    {
        await using var reader = OpenEmpty();
        await using var other = new LocalObjectStore(_temp["repository"]);
        await reader.ReplaceAsync(new("config"), Pieces("old"), Cancel);
        Assert.Equal("old", await TextOfAsync(reader, "config"));

        await other.ReplaceAsync(new("config"), Pieces("new"), Cancel);
        Assert.Equal("new", await TextOfAsync(reader, "config"));

        await other.DeleteAsync(new("config"), Cancel);
        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await reader.ReadAsync(new("config"), 0, new byte[1], Cancel));
        Assert.Equal(FailureKind.NotFound, e.Kind);
    }

    [Fact]
    public async Task Reading_many_objects_keeps_a_bounded_number_of_files_open()
    {
        await using var store = new LocalObjectStore(_temp["repository"], create: true);
        for (var i = 0; i < 100; i++)
            await File.WriteAllTextAsync(_temp["repository", $"{i}"], $"{i}", Cancel);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 400),
            Cancel,
            async (i, cancel) =>
            {
                var first = new byte[1];
                await store.ReadAsync(new($"{i % 100}"), 0, first, cancel);
                Assert.Equal($"{i % 100}"[0], (char)first[0]);
            }
        );

        Assert.Equal(64, store.OpenReaders);
    }

    [Fact]
    public async Task A_folder_that_vanished_is_made_again()
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("data/3f/x"), Pieces("0"), Cancel);
        Directory.Delete(_temp["repository", "data"], recursive: true);
        Directory.Delete(_temp["repository", ".tmp"], recursive: true);

        Assert.True(await store.PutIfAbsentAsync(new("data/3f/y"), Pieces("1"), Cancel));

        Assert.Equal("1", await TextOfAsync(store, "data/3f/y"));
    }

    [Fact]
    public async Task Files_that_are_no_objects_are_passed_over()
    {
        await using var store = OpenEmpty();
        await store.PutIfAbsentAsync(new("data/x"), Pieces("0"), Cancel);
        Directory.CreateDirectory(_temp["repository", "lost+found"]);
        await File.WriteAllTextAsync(_temp["repository", "READ ME"], "hello", Cancel);

        Assert.Equal(["data/x"], await ListAsync(store, ""));
    }

    [Fact]
    public void A_missing_folder_is_not_found_and_a_file_is_refused()
    {
        Assert.Equal(FailureKind.NotFound, Assert.Throws<HoldfastException>(() => new LocalObjectStore(_temp["missing"])).Kind);
        Assert.Equal(FailureKind.Refused, Assert.Throws<HoldfastException>(() => new LocalObjectStore(_temp.File("file", [1]))).Kind);
        var e = Assert.Throws<HoldfastException>(() => new LocalObjectStore(_temp["file", "below"], create: true));
        Assert.Equal(FailureKind.WriteFailed, e.Kind);
        Assert.Contains(_temp["file", "below"], e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_can_be_read_and_says_why_a_put_fails()
    {
        using var mount = Mounted.Tmpfs(_temp["mounted"], "size=1m");
        await using (var store = new LocalObjectStore(_temp["mounted"]))
            await store.PutIfAbsentAsync(new("data/x"), Pieces("0"), Cancel);

        mount.MakeReadOnly();

        await using var readOnly = new LocalObjectStore(_temp["mounted"]);
        Assert.Equal("0", await TextOfAsync(readOnly, "data/x"));
        var e = await Assert.ThrowsAsync<HoldfastException>(async () =>
            await readOnly.PutIfAbsentAsync(new("data/y"), Pieces("0"), Cancel)
        );
        Assert.Equal(FailureKind.WriteFailed, e.Kind);
        Assert.Contains("read-only", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_told_with_the_folder_and_leaves_nothing_behind()
    {
        using var mount = Mounted.Tmpfs(_temp["mounted"], "size=1m");
        await using var store = new LocalObjectStore(_temp["mounted"]);
        await store.PutIfAbsentAsync(new("data/x"), Pieces("0"), Cancel);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () =>
            await store.PutIfAbsentAsync(new("data/y"), Cut(new byte[2 << 20], 100_000), Cancel)
        );

        Assert.Equal(FailureKind.NoSpace, e.Kind);
        Assert.Contains(_temp["mounted"], e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_temp["mounted", ".tmp"]));
        Assert.True(await store.PutIfAbsentAsync(new("data/y"), Pieces("small"), Cancel));
    }
}
