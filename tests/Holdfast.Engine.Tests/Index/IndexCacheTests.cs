using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Index;

/// <summary>The index cache is disposable, also while it is used.</summary>
public sealed class IndexCacheTests
{
    private const int ChunkSize = 16 * 1024;
    private static readonly byte[] Content = TestBytes.Random(1_200 * ChunkSize, seed: 31);

    private int _ids;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("*.sst")]
    [InlineData("CURRENT")]
    [InlineData("MANIFEST-*")]
    [InlineData("OPTIONS-*")]
    [InlineData("*")]
    public async Task A_cache_whose_files_are_overwritten_in_a_running_repository_is_made_anew(string files)
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await repository.ReopenAsync();
        await repository.Open.Context.Index.RefreshAsync(Cancel);
        Overwrite(repository.CacheFolder, files);

        Assert.Equal(Content, await repository.RestoreAsync(first));
        var second = await repository.BackupAsync(new MemoryDevice(Content));
        Assert.Equal(0, second.Figures.ChunksNew);
        await repository.ReopenAsync();
        Assert.Equal(Content, await repository.RestoreAsync(second));
    }

    [Fact]
    public async Task A_cache_that_is_overwritten_before_a_backup_looks_up_is_made_anew()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await repository.ReopenAsync();
        var cache = await repository.Open.Context.Index.RefreshAsync(Cancel);
        Overwrite(repository.CacheFolder, "*.sst");

        var second = await repository.BackupAsync(new MemoryDevice(Content), first.Id);
        var third = await repository.BackupAsync(new MemoryDevice(Content));

        Assert.Equal((0, 0), (second.Figures.ChunksNew, third.Figures.ChunksNew));
        Assert.NotSame(cache, await repository.Open.Context.Index.RefreshAsync(Cancel));
    }

    [Fact]
    public async Task A_cache_whose_folder_is_removed_in_a_running_repository_is_no_reason_to_fail()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await repository.ReopenAsync();
        await repository.Open.Context.Index.RefreshAsync(Cancel);
        Directory.Delete(repository.CacheFolder, recursive: true);

        Assert.Equal(Content, await repository.RestoreAsync(first));
        Assert.Equal(0, (await repository.BackupAsync(new MemoryDevice(Content), first.Id)).Figures.ChunksNew);
    }

    [Fact]
    public async Task A_second_process_has_a_cache_of_its_own_that_goes_with_it()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await using (
            var second = await Repository.OpenAsync(repository.Store, repository.Secret, repository.CacheFolder, repository.Clock, Cancel)
        )
        {
            await second.Context.Index.RefreshAsync(Cancel);
            var privately = Assert.Single(Directory.GetDirectories(Path.Combine(repository.CacheFolder, second.Id), "private-*"));
            Overwrite(privately, "*");
            Directory.Delete(privately, recursive: true);

            var made = await second.BackupAsync(new MemoryDevice(Content), repository.Request(first.Id), null, Cancel);
            Assert.Equal(0, made.Figures.ChunksNew);
        }

        Assert.Empty(Directory.GetDirectories(Path.Combine(repository.CacheFolder, repository.Open.Id), "private-*"));
        Assert.Equal(Content, await repository.RestoreAsync(first));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/dev/null")]
    [InlineData("/proc/cache")]
    [InlineData("/dev/full/cache")]
    public async Task A_repository_needs_no_place_for_its_cache(string? folder)
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await using var other = await Repository.OpenAsync(repository.Store, repository.Secret, folder, repository.Clock, Cancel);

        var target = new MemoryDevice(new byte[Content.Length]);
        await other.RestoreAsync(first.Id, target, new(), null, Cancel);
        var second = await other.BackupAsync(new MemoryDevice(Content), repository.Request(first.Id), null, Cancel);

        Assert.Equal(Content, target.ToArray());
        Assert.Equal(0, second.Figures.ChunksNew);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task What_a_superseding_index_object_says_counts()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        var index = repository.Open.Context.Index;
        var old = (await repository.KeysAsync("index/")).ConvertAll(key => ObjectNames.IdOf(key, "N") ?? Guid.Empty);
        var packs = new List<IndexedPack>();
        foreach (var id in old)
            packs.AddRange((await index.ReadAsync(id, Cancel)).Packs);

        await index.PutAsync(new IndexObject(old, packs), UnregisteredSession.Instance, Cancel);
        foreach (var id in old)
            await repository.Store.DeleteAsync(ObjectNames.OfIndex(id), Cancel);

        Assert.Equal(Content, await repository.RestoreAsync(first));
        Assert.Equal(0, (await repository.BackupAsync(new MemoryDevice(Content), first.Id)).Figures.ChunksNew);
    }

    [Fact]
    public async Task A_run_that_writes_many_index_objects_stores_each_chunk_once()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        repository.Open.Context.PacksPerIndex = 2;
        byte[] twice = [.. Content, .. Content];

        var manifest = await repository.BackupAsync(new MemoryDevice(twice));
        await repository.ReopenAsync(loseCache: true);

        Assert.True((await repository.KeysAsync("index/")).Count > 4);
        Assert.Equal(Content.Length / ChunkSize, manifest.Figures.ChunksNew);
        Assert.Equal(twice, await repository.RestoreAsync(manifest));
    }

    [Fact]
    public void A_closed_cache_throws_rather_than_crashing_the_process()
    {
        using var folder = new TempFolder();
        var cache = new IndexCache(folder["cache"]);
        cache.Dispose();

        Assert.Throws<ObjectDisposedException>(() => cache.TryFind(default, out _));
        cache.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_pack_number_is_given_twice(bool inMemory)
    {
        using var folder = new TempFolder();
        var packs = Enumerable.Range(0, 5).Select(_ => MakePack()).ToList();
        using (var cache = new IndexCache(folder["cache"], inMemory))
        {
            cache.Add(NextId(), new IndexObject([], packs[..2]), PackPresence.NoneAbsent);
            cache.Add(NextId(), new IndexObject([], packs[2..4]), PackPresence.NoneAbsent);
            Assert.Equal(packs[..4].Select(pack => pack.Pack), Enumerable.Range(0, 4).Select(number => cache.Pack((uint)number).Pack));
        }

        if (inMemory)
            return;

        using var again = new IndexCache(folder["cache"]);
        again.Add(NextId(), new IndexObject([], packs[4..]), PackPresence.NoneAbsent);
        Assert.Equal(packs.Select(pack => pack.Pack), Enumerable.Range(0, 5).Select(number => again.Pack((uint)number).Pack));
    }

    private Guid NextId() => new(++_ids, 0, 0, new byte[8]);

    private IndexedPack MakePack()
    {
        var id = new byte[ItemId.Size];
        NextId().TryWriteBytes(id);
        var directory = new PackDirectory();
        directory.Add(new FrameEntry(PackHeader.Size, 100, 1, Codec.Raw), [new ItemId(id)]);
        return new IndexedPack(NextId(), PackKind.Data, ChunkSize, 1_000, directory);
    }

    [Fact]
    public async Task A_note_of_what_was_seen_counts_only_for_the_state_that_it_was_made_in()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var device = new MemoryDevice(Content) { Stamp = "one" };
        var first = await repository.BackupAsync(device);
        await repository.ReopenAsync();
        await repository.BackupAsync(device, first.Id);
        Assert.False(repository.Open.Context.Index.IsOpen);

        // Another volume's packs make another state; it is looked at once, and noted.
        await repository.BackupAsync(new MemoryDevice(TestBytes.Random(500_000, seed: 33)));
        foreach (var isOpen in (bool[])[true, false])
        {
            await repository.ReopenAsync();
            await repository.BackupAsync(device, first.Id);
            Assert.Equal(isOpen, repository.Open.Context.Index.IsOpen);
        }

        File.WriteAllBytes(Path.Combine(repository.CacheFolder, repository.Open.Id, "seen-1"), [1, 2, 3]);
        await repository.ReopenAsync();
        Assert.Equal("stamp", (await repository.BackupAsync(device, first.Id)).ChangesFound);
        Assert.True(repository.Open.Context.Index.IsOpen);
    }

    private static void Overwrite(string folder, string pattern)
    {
        var files = Directory.GetFiles(folder, pattern, SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files.Where(file => Path.GetFileName(file) != "lock"))
        {
            var length = (int)new FileInfo(file).Length;
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            stream.Write(TestBytes.Random(Math.Max(1, length), seed: 5));
        }
    }
}
