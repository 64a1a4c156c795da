using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Packs;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

/// <summary>A repository that nobody owns, its backups, and what they must restore to.</summary>
internal sealed class PruneBed : IAsyncDisposable
{
    public const int ChunkSize = 16 * 1024;

    private readonly Dictionary<BackupId, (Manifest Manifest, byte[] Content)> _backups = [];

    private PruneBed(TestRepository repository) => Repository = repository;

    public TestRepository Repository { get; }

    public MemoryObjectStore Store => Repository.Store;

    public IReadOnlyCollection<BackupId> Backups => _backups.Keys;

    public static async Task<PruneBed> MakeAsync(int packSize = RepositoryConfig.MinPackSize) =>
        new(await TestRepository.MakeAsync(ChunkSize, packSize));

    /// <summary>Damages the frame that a chunk lies in, and tells the key of its pack.</summary>
    public async Task<string> DamageAsync(byte[] chunk)
    {
        var index = await Repository.Open.Context.Index.RefreshAsync(CancellationToken.None);
        var location = LocationOf(chunk, index);
        var key = index.Pack(location.Pack).Key.Value;
        Store.Damage(key, location.FrameOffset + 100);
        return key;
    }

    /// <summary>Clears the chunks of a content that lie in every other pack. Which these are is chance: who compresses first, packs
    /// first.</summary>
    public async Task ClearEveryOtherPackAsync(byte[] content)
    {
        var index = await Repository.Open.Context.Index.RefreshAsync(CancellationToken.None);
        for (var start = 0; start < content.Length; start += ChunkSize)
        {
            var chunk = content.AsMemory(start, ChunkSize);
            if (LocationOf(chunk.Span, index).Pack % 2 == 0)
                chunk.Span.Clear();
        }
    }

    public async Task<Manifest> BackupAsync(byte[] content, BackupId? parent = null)
    {
        var manifest = await Repository.BackupAsync(new MemoryDevice(content), parent);
        _backups.Add(manifest.Id, (manifest, (byte[])content.Clone()));
        return manifest;
    }

    public async Task RemoveAsync(BackupId id)
    {
        await Repository.Open.RemoveAsync(id, CancellationToken.None);
        _backups.Remove(id);
    }

    /// <summary>Removes backups that exist although their makers did not live to tell.</summary>
    public async Task RemoveUntoldAsync()
    {
        var untold = new List<BackupId>();
        await foreach (var manifest in Repository.Open.ListAsync(CancellationToken.None))
        {
            if (!_backups.ContainsKey(manifest.Id))
                untold.Add(manifest.Id);
        }

        foreach (var id in untold)
            await Repository.Open.RemoveAsync(id, CancellationToken.None);
    }

    public Task<PruneFigures> PruneAsync(PruneOptions? options = null, IPruneLedger? ledger = null) =>
        Repository.Open.PruneAsync(ledger ?? Repository.Open.MakeFolderLedger(), options ?? new PruneOptions(), CancellationToken.None);

    public Task<PruneFigures> LookAsync() =>
        Repository.Open.LookAtPruneAsync(Repository.Open.MakeFolderLedger(), new PruneOptions(), CancellationToken.None);

    /// <summary>Every backup restores to what it was made of, in this process and in a new one.</summary>
    public async Task CheckAsync()
    {
        await CheckInThisProcessAsync();
        await Repository.ReopenAsync(loseCache: true);
        await CheckInThisProcessAsync();
    }

    public async Task CheckInThisProcessAsync()
    {
        foreach (var (manifest, content) in _backups.Values)
            Assert.Equal(content, await Repository.RestoreAsync(manifest));
    }

    /// <summary>Prunes until nothing more is found, and then holds that nothing is left that no backup needs.</summary>
    public async Task CheckNothingDeadIsLeftAsync(bool rewritten = false)
    {
        await PruneAsync();
        var last = await PruneAsync();
        Assert.Equal(0, last.BytesFreed);
        Assert.Equal(0, last.ObjectsLoose + last.PacksDead + last.ObjectsCondemned + last.ObjectsDeleting);
        Assert.Equal(0, last.ItemsMissing);
        var needed = await NeededAsync();
        var packs = await PacksAsync();
        Assert.All(packs, pack => Assert.Contains(pack.Directory.Items, needed.Contains));
        Assert.Equal(
            await KeysOfPacksAsync(),
            packs.Select(pack => ObjectNames.OfPack(pack.Kind, pack.Pack).Value).Distinct().Order(StringComparer.Ordinal)
        );
        if (_backups.Count == 0)
            Assert.Empty(packs);
    }

    /// <summary>Packs that index objects name, by a reading of their own.</summary>
    public async Task<List<IndexedPack>> PacksAsync()
    {
        var packs = new List<IndexedPack>();
        foreach (var key in await Repository.KeysAsync(ObjectNames.Index))
        {
            var id = ObjectNames.IdOf(key, "N")!.Value;
            packs.AddRange((await Repository.Open.Context.Index.ReadAsync(id, CancellationToken.None)).Packs);
        }

        return packs;
    }

    public async Task<List<string>> KeysOfPacksAsync() =>
        [
            .. (await Repository.KeysAsync(ObjectNames.Data)).Concat(await Repository.KeysAsync(ObjectNames.Map)).Select(key => key.Value),
        ];

    /// <summary>The ids that the backups need, by a plain walk of every map.</summary>
    private async Task<HashSet<Engine.Chunks.ItemId>> NeededAsync()
    {
        var needed = new HashSet<Engine.Chunks.ItemId>();
        var index = await Repository.Open.Context.Index.RefreshAsync(CancellationToken.None);
        foreach (var (manifest, _) in _backups.Values)
        {
            var root = Engine.Chunks.ItemId.Parse(manifest.Root);
            needed.Add(root);
            var shape = new Engine.Maps.MapShape(new Engine.Chunks.ChunkGrid(manifest.VolumeSize, ChunkSize).Count);
            using var map = new Engine.Maps.MapReader(Repository.Open.Context, index, root, shape);
            await foreach (var leaf in map.LeavesAsync(0, shape.Leaves, CancellationToken.None))
            {
                needed.Add(Repository.Open.Context.Keys.Nodes.Hash(leaf.Node));
                for (var place = 0; place < Engine.Maps.MapShape.FanOut; place++)
                    needed.Add(Engine.Maps.MapShape.IdAt(leaf.Node, place));
            }
        }

        return needed;
    }

    public ValueTask DisposeAsync() => Repository.DisposeAsync();

    private ItemLocation LocationOf(ReadOnlySpan<byte> chunk, IndexCache index)
    {
        Assert.True(index.TryFind(Repository.Open.Context.Keys.Chunks.Hash(chunk), out var location));
        return location;
    }
}
