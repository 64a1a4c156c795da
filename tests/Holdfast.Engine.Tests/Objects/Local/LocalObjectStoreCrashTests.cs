using System.Buffers;
using Holdfast.Engine.Objects.Local;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects.Local;

/// <summary>A process that ends between any two system calls of a put leaves each object whole or absent.</summary>
public sealed class LocalObjectStoreCrashTests : IDisposable
{
    private static readonly byte[] Content = MakeContent(20 << 20);
    private readonly TempFolder _temp = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_put_that_dies_at_any_step_leaves_all_or_nothing()
    {
        var sizesSeen = await CrashAtEveryStepAsync(
            prepare: _ => Task.CompletedTask,
            act: async store => await store.PutIfAbsentAsync(new("data/3f/x"), Sequence(Content), Cancel),
            look: async store => await store.FindSizeAsync(new("data/3f/x"), Cancel) ?? -1
        );

        Assert.Equal([-1, Content.Length], sizesSeen.Distinct().Order());
    }

    [Fact]
    public async Task A_replace_that_dies_at_any_step_leaves_the_old_or_the_new()
    {
        var sizesSeen = await CrashAtEveryStepAsync(
            prepare: async store => await store.ReplaceAsync(new("config"), Sequence([1, 2, 3]), Cancel),
            act: async store => await store.ReplaceAsync(new("config"), Sequence(Content), Cancel),
            look: async store => await store.FindSizeAsync(new("config"), Cancel) ?? -1
        );

        Assert.Equal([3, Content.Length], sizesSeen.Distinct().Order());
    }

    [Fact]
    public async Task A_put_syncs_the_file_before_it_gets_its_name_and_the_folder_before_it_returns()
    {
        var steps = new List<string>();
        await using var store = new LocalObjectStore(_temp["repository"], create: true, steps.Add);
        await store.PutIfAbsentAsync(new("data/first"), Sequence([1]), Cancel);
        steps.Clear();

        await store.PutIfAbsentAsync(new("data/second"), Sequence([1]), Cancel);

        Assert.Equal(["create", "write", "sync file", "rename if absent", "sync folder", "forget"], steps);
    }

    [Fact]
    public async Task A_new_folder_is_synced_into_its_parent_before_anything_is_put_in_it()
    {
        var steps = new List<string>();
        await using var store = new LocalObjectStore(_temp["repository"], create: true, steps.Add);
        await store.PutIfAbsentAsync(new("first"), Sequence([1]), Cancel);
        steps.Clear();

        await store.PutIfAbsentAsync(new("data/3f/x"), Sequence([1]), Cancel);

        Assert.Equal(
            [
                "create",
                "write",
                "sync file",
                "make folder",
                "sync folder",
                "make folder",
                "sync folder",
                "rename if absent",
                "sync folder",
                "forget",
            ],
            steps
        );
    }

    [Fact]
    public async Task Finding_an_object_there_syncs_its_folder_before_it_is_counted_on()
    {
        var steps = new List<string>();
        await using var store = new LocalObjectStore(_temp["repository"], create: true, steps.Add);
        await store.PutIfAbsentAsync(new("first"), Sequence([1]), Cancel);
        steps.Clear();

        Assert.False(await store.PutIfAbsentAsync(new("first"), Sequence([1]), Cancel));

        Assert.Equal(["sync folder"], steps);
    }

    private async Task<List<long>> CrashAtEveryStepAsync(
        Func<LocalObjectStore, Task> prepare,
        Func<LocalObjectStore, Task> act,
        Func<LocalObjectStore, Task<long>> look
    )
    {
        var seen = new List<long>();
        for (var dieAt = 1; ; dieAt++)
        {
            var folder = _temp[$"repository-{dieAt}"];
            await using (var store = new LocalObjectStore(folder, create: true))
                await prepare(store);

            var crash = new Crash(dieAt);
            await using (var store = new LocalObjectStore(folder, create: false, crash.Step))
                await crash.RunAsync(() => act(store));

            await using var reopened = new LocalObjectStore(folder);
            seen.Add(await look(reopened));
            Assert.False(Directory.Exists(Path.Combine(folder, ".tmp")) && Directory.EnumerateFiles(Path.Combine(folder, ".tmp")).Any());
            await act(reopened);
            Assert.Equal(Content.Length, await look(reopened));
            if (!crash.Happened)
                return seen;
        }
    }

    private static ReadOnlySequence<byte> Sequence(byte[] content) => new(content);

    private static byte[] MakeContent(int size)
    {
        var content = new byte[size];
        new Random(2).NextBytes(content);
        return content;
    }

    /// <summary>From the n-th step on, nothing happens any more: no step, and no tidying up either.</summary>
    private sealed class Crash(int dieAt)
    {
        private int _steps;

        public bool Happened => _steps >= dieAt;

        public void Step(string what)
        {
            if (++_steps >= dieAt)
                throw new CrashException();
        }

        public async Task RunAsync(Func<Task> act)
        {
            try
            {
                await act();
            }
            catch (CrashException)
            {
                Assert.True(Happened);
            }
        }
    }

    private sealed class CrashException : Exception;
}
