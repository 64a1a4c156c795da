using Holdfast.Engine;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>Opens the service's repository, or makes it on the first start of all.</summary>
internal static class RepositoryStart
{
    private static readonly ObjectKey Config = new("config");

    /// <param name="catalogIsNew">Whether the catalog was never used: only then may an absent repository be made.</param>
    /// <returns>The repository, and whether it was made.</returns>
    public static async Task<(Repository Repository, bool Made)> OpenAsync(ServerSettings settings, bool catalogIsNew, TimeProvider clock, ILogger log, CancellationToken cancel)
    {
        var store = new LocalObjectStore(settings.RepositoryFolder, create: catalogIsNew);
        var secret = new RepositorySecret.KeyFile(settings.KeyFile);
        if (await store.FindSizeAsync(Config, cancel) is not null)
        {
            var open = await Repository.OpenAsync(store, secret, settings.CacheFolder, clock, log, cancel);
            return open.Options.Owner is not null
                ? (open, false)
                : throw new HoldfastException(FailureKind.Refused, $"The repository in '{settings.RepositoryFolder}' was made for use without a service. Name another folder with Repository:Path.");
        }

        if (!catalogIsNew)
        {
            throw new HoldfastException(FailureKind.NotFound, $"The catalog is in use but there is no repository in '{settings.RepositoryFolder}'. Is it mounted? Name its folder with Repository:Path; a new one is not made over a catalog that has backups.");
        }

        SetAsideOrphanKey(settings.KeyFile);
        var options = new RepositoryOptions { ChunkSize = settings.ChunkSizeKib * 1024, CompressionLevel = settings.CompressionLevel, Owner = $"service {Guid.CreateVersion7(clock.GetUtcNow()):N}" };
        return (await Repository.CreateAsync(store, secret, options, settings.CacheFolder, clock, log, cancel), true);
    }

    /// <summary>A first start that died after it made the key and before it made the repository leaves a key that opens nothing here. It is kept under
    /// another name: it may have been put there by hand.</summary>
    private static void SetAsideOrphanKey(string file)
    {
        if (!File.Exists(file))
        {
            return;
        }

        for (var n = 1; ; n++)
        {
            var aside = $"{file}.unused-{n}";
            if (!File.Exists(aside))
            {
                File.Move(file, aside);
                return;
            }
        }
    }
}
