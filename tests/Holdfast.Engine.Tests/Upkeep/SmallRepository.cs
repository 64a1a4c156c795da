using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep;

/// <summary>A repository with three backups of a volume, each with packs and an index object of its own; the later ones need the earlier
/// ones' packs.</summary>
internal sealed class SmallRepository : IAsyncDisposable
{
    private SmallRepository(TestRepository repository) => Repository = repository;

    public TestRepository Repository { get; }

    public MemoryObjectStore Store => Repository.Store;

    public List<(Manifest Manifest, byte[] Content)> Backups { get; } = [];

    public static async Task<SmallRepository> MakeAsync()
    {
        var made = new SmallRepository(await TestRepository.MakeAsync(16 * 1024));
        var content = TestBytes.Mixed(500_000, seed: 71);
        for (var i = 0; i < 3; i++)
        {
            TestBytes.Random(40_000, seed: 72 + i).CopyTo(content, i * 150_000);
            await made.BackupAsync(content);
        }

        return made;
    }

    public async Task<Manifest> BackupAsync(byte[] content)
    {
        var manifest = await Repository.BackupAsync(new MemoryDevice(content), Backups.Count == 0 ? null : Backups[^1].Manifest.Id);
        Backups.Add((manifest, [.. content]));
        return manifest;
    }

    public Task<CheckResult> CheckAsync(CheckOptions options) => Repository.Open.CheckAsync(options, null, CancellationToken.None);

    /// <summary>Those that a new process without a cache cannot restore byte for byte.</summary>
    public async Task<List<BackupId>> NotRestorableAsync(IObjectStore? through = null)
    {
        var not = new List<BackupId>();
        foreach (var (manifest, content) in Backups)
        {
            if (!await IsRestorableAsync(manifest, content, through ?? Store))
                not.Add(manifest.Id);
        }

        return not;
    }

    /// <summary>Bytes of a pack that are worth damaging: all of its header and footer, some of the rest.</summary>
    public static IEnumerable<int> PlacesOfPack(int length)
    {
        var random = new Random(length);
        return Enumerable
            .Range(0, PackHeader.Size + FrameHeader.Size)
            .Concat(Enumerable.Range(length - PackFooter.Size, PackFooter.Size))
            .Concat(Enumerable.Range(0, 60).Select(_ => random.Next(length)));
    }

    public ValueTask DisposeAsync() => Repository.DisposeAsync();

    private async Task<bool> IsRestorableAsync(Manifest manifest, byte[] content, IObjectStore store)
    {
        try
        {
            await using var opened = await Engine.Repository.OpenAsync(store, Repository.Secret, null, Repository.Clock, default);
            var target = new MemoryDevice(content.Length);
            await opened.RestoreAsync(manifest.Id, target, new RestoreOptions(), null, CancellationToken.None);
            Assert.Equal(content, target.ToArray());
            return true;
        }
        catch (HoldfastException)
        {
            return false;
        }
    }
}

internal static class IndexedPackKeys
{
    public static ObjectKey KeyOf(this IndexedPack pack) => ObjectNames.OfPack(pack.Kind, pack.Pack);
}
