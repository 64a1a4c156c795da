using Holdfast.Control.Exports;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Objects;
using Holdfast.Server.Settings;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Server.Hosting;

/// <summary>What is done with a service's catalog and repository by hand, beside the service or in place of it.</summary>
public static class RebuildStart
{
    /// <summary>Makes the catalog anew from the repository. Where the key does not fit, or the catalog is in use, nothing is
    /// changed.</summary>
    /// <exception cref="HoldfastException">Why it cannot be made; <see cref="FailureKind.Busy"/> where a service runs on the data folder,
    /// or an offline verb on the repository.</exception>
    public static async Task<RebuildReport> RebuildAsync(
        ServerSettings settings,
        IProgress<CatalogProgress>? progress,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        await using var store = OpenStore(settings, clock);

        // An offline writer in a folder gets to its end. Elsewhere, as a service does, it stops by the era.
        await using var alone =
            settings.RepositoryFolder is not null && store is ILockableStore folderStore
                ? await folderStore.LockAsync(exclusive: true, cancel)
                : null;

        // The key is tried before a folder or a database is made.
        await (await OpenAsync(cancel)).DisposeAsync();
        using var folder = DataFolder.Open(settings.Data);
        await using var catalog = await settings.Catalog.OpenAsync(cancel);
        return await new CatalogRebuild(catalog, clock).RunAsync(OpenAsync, progress, cancel);

        Task<Repository> OpenAsync(CancellationToken token) => OpenRepositoryAsync(store, settings, clock, token);
    }

    /// <summary>Writes the catalog to the repository now, whether the service runs or not.</summary>
    /// <exception cref="HoldfastException">Where there is no catalog, or it is not the repository's.</exception>
    public static async Task<CatalogExportHead> ExportAsync(
        ServerSettings settings,
        IProgress<CatalogProgress>? progress,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        if (!settings.Catalog.MayExist)
        {
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no catalog '{settings.CatalogFile}'. Name the service's data folder with --data, or its configuration with "
                    + $"--config."
            );
        }

        await using var store = OpenStore(settings, clock);
        await using var repository = await OpenRepositoryAsync(store, settings, clock, cancel);
        await using var catalog = await settings.Catalog.OpenAsync(cancel);
        return await new CatalogExporter(catalog, repository, clock, NullLogger<CatalogExporter>.Instance).RunAsync(cancel, progress);
    }

    private static IObjectStore OpenStore(ServerSettings settings, TimeProvider clock) =>
        ObjectStores.Open(settings.Repository, settings.RepositoryCredentials, create: false, clock);

    /// <summary>Without a cache: neither of the two looks chunks up.</summary>
    private static Task<Repository> OpenRepositoryAsync(
        IObjectStore store,
        ServerSettings settings,
        TimeProvider clock,
        CancellationToken cancel
    ) => Repository.OpenAsync(store, settings.ReadSecret(), cacheFolder: null, clock, cancel);
}
