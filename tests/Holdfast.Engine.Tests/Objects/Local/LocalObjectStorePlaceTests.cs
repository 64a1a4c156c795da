using System.Buffers;
using System.Text;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.Local;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects.Local;

/// <summary>Something else has come under the path of an open store: an empty folder, as where a disk was unmounted, or another
/// disk.</summary>
public sealed class LocalObjectStorePlaceTests : IDisposable
{
    private static readonly ObjectKey Mark = new("config");
    private static readonly ObjectKey Key = new("data/3f/x");
    private readonly TempFolder _temp = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => _temp["repository"];

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("empty")]
    [InlineData("none")]
    [InlineData("file")]
    public async Task Every_operation_fails_naming_the_folder_and_makes_nothing_there_until_the_folder_is_back(string instead)
    {
        await using var store = await MakeAsync();
        Directory.Move(Folder, _temp["away"]);
        if (instead == "empty")
            Directory.CreateDirectory(Folder);
        else if (instead == "file")
            await File.WriteAllTextAsync(Folder, "no folder", Cancel);

        foreach (var act in Operations(store))
        {
            var e = await Assert.ThrowsAsync<HoldfastException>(act);
            Assert.Equal(FailureKind.RepositoryAway, e.Kind);
            Assert.Contains($"'{Folder}'", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(instead == "empty", Directory.Exists(Folder));
        Assert.True(!Directory.Exists(Folder) || !Directory.EnumerateFileSystemEntries(Folder).Any());
        if (instead == "empty")
            Directory.Delete(Folder);

        File.Delete(Folder);
        Directory.Move(_temp["away"], Folder);
        foreach (var act in Operations(store))
            await act();
    }

    [Fact]
    public async Task Another_folder_with_the_same_mark_is_gone_on_in_and_one_with_another_mark_is_not()
    {
        await using var store = await MakeAsync();
        store.Recognize(Mark, bytes => Encoding.ASCII.GetString(bytes) == "ours");
        Directory.Move(Folder, _temp["away"]);
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Path.Combine(Folder, "config"), "theirs", Cancel);

        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.PutIfAbsentAsync(new("data/new"), Of("1"), Cancel));
        Assert.Equal(FailureKind.RepositoryAway, e.Kind);
        Assert.False(Directory.Exists(Path.Combine(Folder, "data")));

        await File.WriteAllTextAsync(Path.Combine(Folder, "config"), "ours", Cancel);
        Assert.True(await store.PutIfAbsentAsync(new("data/new"), Of("1"), Cancel));
        Assert.True(File.Exists(Path.Combine(Folder, "data", "new")));
        Assert.Null(await store.FindSizeAsync(Key, Cancel));
    }

    [Fact]
    public async Task A_disk_that_is_unmounted_and_mounted_again_is_gone_on_with()
    {
        var image = _temp["disk"];
        await using (var disk = File.Create(image))
            disk.SetLength(32 << 20);

        using var loop = LoopDevice.Over(image);
        using var mount = Mounted.Ext4(loop.Path, Folder);
        await using var store = await MakeAsync();
        store.Recognize(Mark, bytes => Encoding.ASCII.GetString(bytes) == "ours");

        Assert.True(Command.Try("umount", ["--lazy", Folder], out _));
        var e = await Assert.ThrowsAsync<HoldfastException>(async () => await store.FindSizeAsync(Key, Cancel));
        Assert.Equal(FailureKind.RepositoryAway, e.Kind);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder));

        Assert.True(Command.Try("mount", [loop.Path, Folder], out _));
        Assert.Equal(1, await store.FindSizeAsync(Key, Cancel));
        Assert.True(await store.PutIfAbsentAsync(new("data/new"), Of("1"), Cancel));
    }

    [Fact]
    public async Task A_file_system_that_dies_under_the_store_fails_every_operation_and_is_gone_on_with_when_mounted_again()
    {
        var image = _temp["disk"];
        await using (var disk = File.Create(image))
            disk.SetLength(32 << 20);

        using var loop = LoopDevice.Over(image);
        using var mount = Mounted.Ext4(loop.Path, Folder);
        await using var store = await MakeAsync();
        store.Recognize(Mark, bytes => Encoding.ASCII.GetString(bytes) == "ours");
        mount.Kill();

        foreach (var act in Changes(store))
        {
            var e = await Assert.ThrowsAsync<HoldfastException>(act);
            Assert.Contains($"'{Folder}'", e.Message, StringComparison.Ordinal);
            Assert.True(e.Kind is FailureKind.Unavailable or FailureKind.RepositoryAway or FailureKind.WriteFailed, e.ToString());
        }

        Assert.True(Command.Try("umount", ["--lazy", Folder], out _));
        Assert.True(Command.Try("mount", [loop.Path, Folder], out _));
        foreach (var act in Operations(store))
            await act();
    }

    [Fact]
    public async Task A_removal_that_finds_nothing_syncs_the_folder_all_the_same()
    {
        var steps = new List<string>();
        await using var store = new LocalObjectStore(Folder, create: true, steps.Add);
        await store.PutIfAbsentAsync(Key, Of("1"), Cancel);
        await store.DeleteAsync(Key, Cancel);
        steps.Clear();

        await store.DeleteAsync(Key, Cancel);

        Assert.Equal(["unlink", "sync folder"], steps);
    }

    private static List<Func<Task>> Operations(LocalObjectStore store) =>
        [
            .. Changes(store),
            async () => await store.PutIfAbsentAsync(Key, Of("2"), Cancel),
            async () => await store.FindSizeAsync(Mark, Cancel),
            async () => await (await store.LockAsync(exclusive: false, Cancel)).DisposeAsync(),
            async () =>
            {
                await foreach (var _ in store.ListAsync("", Cancel)) { }
            },
        ];

    /// <summary>What no cache of names and sizes can answer.</summary>
    private static List<Func<Task>> Changes(LocalObjectStore store) =>
        [
            async () => await store.ReplaceAsync(Mark, Of("ours"), Cancel),
            async () => await store.ReadAsync(Mark, 0, new byte[1], Cancel),
            async () => await store.DeleteAsync(new("data/none"), Cancel),
        ];

    private async Task<LocalObjectStore> MakeAsync()
    {
        var store = new LocalObjectStore(Folder, create: true);
        await store.PutIfAbsentAsync(Mark, Of("ours"), Cancel);
        await store.PutIfAbsentAsync(Key, Of("1"), Cancel);
        return store;
    }

    private static ReadOnlySequence<byte> Of(string text) => new(Encoding.ASCII.GetBytes(text));
}
