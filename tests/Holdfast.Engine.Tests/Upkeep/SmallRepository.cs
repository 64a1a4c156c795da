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

    public Task<RepairResult> RepairAsync(RepairOptions? options = null) =>
        Repository.Open.RepairAsync(options ?? new RepairOptions(), null, CancellationToken.None);

    public async Task<IEnumerable<string>> MarksAsync() => (await Repository.KeysAsync("damaged/")).Select(key => key.Value);

    /// <summary>Those that a new process without a cache cannot restore byte for byte.</summary>
    public async Task<List<BackupId>> NotRestorableAsync(IObjectStore? through = null)
    {
        var not = new List<BackupId>();
        await using var opened = await Engine.Repository.OpenAsync(
            through ?? Store,
            Repository.Secret,
            null,
            Repository.Clock,
            CancellationToken.None
        );
        foreach (var (manifest, content) in Backups)
        {
            if (!await IsRestorableAsync(opened, manifest, content))
                not.Add(manifest.Id);
        }

        return not;
    }

    /// <summary>Bytes of a pack that are worth damaging: of its header, first frame, footer and of what lies between.</summary>
    public static IEnumerable<int> PlacesOfPack(int length)
    {
        var random = new Random(length);
        return
        [
            0,
            8,
            PackHeader.Size - 1,
            PackHeader.Size,
            PackHeader.Size + FrameHeader.Size,
            length - PackFooter.Size - 1,
            length - PackFooter.Size,
            length - 1,
            .. Enumerable.Range(0, 6).Select(_ => random.Next(length)),
        ];
    }

    public ValueTask DisposeAsync() => Repository.DisposeAsync();

    private static async Task<bool> IsRestorableAsync(Repository opened, Manifest manifest, byte[] content)
    {
        try
        {
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
