using Holdfast.Control.Exports;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Control.Tests.Exports;

/// <summary>A service whose catalog is lost, and an empty one in its place.</summary>
public abstract class RebuildBed : FlowSpec
{
    /// <summary>The empty catalog.</summary>
    protected TestBed Target { get; private set; } = null!; // made before each test

    protected CatalogExporter Exporter => new(Bed.Database, World.Repository, Bed.Clock, NullLogger<CatalogExporter>.Instance);

    protected override async ValueTask OpenedAsync()
    {
        await base.OpenedAsync();
        Target = await OpenAsync();
    }

    protected override async ValueTask CloseAsync()
    {
        await Target.DisposeAsync();
        await base.CloseAsync();
    }

    protected Task<CatalogExportHead> ExportAsync() => Exporter.RunAsync(Cancel);

    protected Task<RebuildReport> RebuildAsync(IObjectStore? through = null, IProgress<CatalogProgress>? progress = null)
    {
        Bed.Clock.Advance(TimeSpan.FromMinutes(1));
        return new CatalogRebuild(Target.Database, Bed.Clock).RunAsync(
            cancel =>
                Repository.OpenAsync(through ?? Store, new RepositorySecret.KeyFile(Folder["key"]), cacheFolder: null, Bed.Clock, cancel),
            progress,
            Cancel
        );
    }

    /// <summary>A service on the new catalog.</summary>
    private protected async Task<World> StartAsync()
    {
        Target.Clock.Advance(Bed.Now - Target.Now);
        return await World.OpenAsync(Target, Store, Folder.FullPath, Cancel);
    }

    protected async Task<long> EraOfRepositoryAsync()
    {
        await using var open = await Repository.OpenAsync(Store, new RepositorySecret.KeyFile(Folder["key"]), null, Bed.Clock, Cancel);
        return open.Era;
    }

    /// <summary>All rows of what is exported, a text each.</summary>
    private protected static async Task<Dictionary<string, List<string>>> RowsAsync(TestBed bed)
    {
        var rows = new Dictionary<string, List<string>>();
        foreach (var table in ExportTables.All)
        {
            var texts = (await bed.QueryAsync<dynamic>(table.Sql)).Select(row =>
                string.Join('|', ((IDictionary<string, object?>)row).Select(pair => $"{pair.Key}={pair.Value}"))
            );
            rows[table.Name] = [.. texts.Order(StringComparer.Ordinal)];
        }

        return rows;
    }

    protected static async Task<byte[]> BytesOfAsync(Repository repository, BackupId backup, long size)
    {
        var device = new Holdfast.Testing.MemoryDevice(new byte[size]);
        await repository.RestoreAsync(backup, device, new Engine.Restore.RestoreOptions(), null, Cancel);
        return device.ToArray();
    }
}
