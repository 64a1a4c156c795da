using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>A service with one volume on a catalog of its own, whose store tells a test of each change before it is made.</summary>
public abstract class PruneBase : CatalogSpec
{
    protected const int Size = 1_000_000;

    private TempFolder _folder = null!; // made in OpenedAsync

    internal World World { get; private set; } = null!; // made in OpenedAsync

    internal PruneFlow Flow { get; private set; } = null!; // made in OpenedAsync

    protected ProjectId Project { get; private set; }

    protected string Folder => _folder.FullPath;

    protected MemoryObjectStore Store { get; } = new();

    /// <summary>The store as the service has it: a test acts before its changes.</summary>
    protected FaultyObjectStore Through { get; private set; } = null!; // made in OpenedAsync

    protected override async ValueTask OpenedAsync()
    {
        _folder = new TempFolder();
        Through = new FaultyObjectStore(Store, 0, FaultMode.BeforeEffect);
        World = await World.OpenAsync(Bed, Through, _folder.FullPath, Cancel);
        Project = await Bed.AddProjectAsync();
        var file = _folder.File("volume.img", Bytes(0));
        var volume = await World.AddVolumeAsync(Project, file, Cancel);
        Flow = new PruneFlow(Bed, World, Project, volume.Id, file);
    }

    protected override async ValueTask CloseAsync()
    {
        await World.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Acts before the first change of a kind, once.</summary>
    protected void OnceAt(string verb, string prefix, Func<Task> act)
    {
        var acted = 0;
        Through.BeforeMutation = (made, key) =>
        {
            if (made == verb && key.Value.StartsWith(prefix, StringComparison.Ordinal) && Interlocked.Exchange(ref acted, 1) == 0)
                act().GetAwaiter().GetResult();
        };
    }

    /// <summary>After enough runs nothing is on its way out, and nothing is in the store that does not count.</summary>
    protected async Task IsCleanAsync()
    {
        await Flow.PruneToItsEndAsync();
        var last = await Flow.PruneToItsEndAsync();
        Assert.Equal((0, 0, 0, 0), (last.PacksDead, last.ObjectsLoose, last.ObjectsCondemned, last.ObjectsDeleting));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT object FROM fate"));
        Assert.Equal(
            (await Bed.QueryAsync<string>("SELECT id FROM index_object")).Order().Select(id => $"index/{id}"),
            Store.Keys.Where(key => key.StartsWith("index/", StringComparison.Ordinal))
        );
        Assert.Equal(
            last.Packs,
            Store.Keys.Count(key => key.StartsWith("data/", StringComparison.Ordinal) || key.StartsWith("map/", StringComparison.Ordinal))
        );
    }

    protected static byte[] Bytes(int seed)
    {
        var bytes = new byte[Size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
