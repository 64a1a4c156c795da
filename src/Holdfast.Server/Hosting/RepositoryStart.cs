using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Server.Settings;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>Opens the service's repository, or makes it on the first start of all.</summary>
internal static class RepositoryStart
{
    private static readonly ObjectKey Config = new("config");

    /// <param name="catalog">What the catalog says: only where it was never used may an absent repository be made, and an initialised one
    /// opens its own and no other.</param>
    /// <returns>The repository, and whether it was made.</returns>
    public static async Task<(Repository Repository, bool Made)> OpenAsync(
        ServerSettings settings,
        Bootstrap catalog,
        TimeProvider clock,
        ILogger log,
        CancellationToken cancel
    )
    {
        if (catalog.IsUsed && settings.RepositoryFolder is { } folder && !Directory.Exists(folder))
        {
            throw Missing(settings, catalog.Repository);
        }

        var store = ObjectStores.Open(settings.Repository, settings.RepositoryCredentials, create: !catalog.IsUsed, clock);
        var secret = settings.ReadSecret();
        if (await store.FindSizeAsync(Config, cancel) is not null)
        {
            await ThrowIfAnotherAsync(store, settings, catalog.Repository, cancel);
            var open = await Repository.OpenAsync(store, secret, settings.CacheFolder, clock, log, cancel);
            try
            {
                await SettleOwnerAsync(open, settings, catalog, log, cancel);
                return (open, false);
            }
            catch
            {
                await open.DisposeAsync();
                throw;
            }
        }

        if (catalog.IsUsed)
        {
            throw Missing(settings, catalog.Repository);
        }

        if (secret is RepositorySecret.KeyFile)
        {
            SetAsideOrphanKey(settings.KeyFile);
        }

        var options = new RepositoryOptions
        {
            ChunkSize = settings.ChunkSizeKib * 1024,
            Compression = settings.Compression,
            Owner = catalog.Owner ?? throw new InvalidOperationException("An unused catalog has no name for its service."),
        };
        return (await Repository.CreateAsync(store, secret, options, settings.CacheFolder, clock, log, cancel), true);
    }

    /// <summary>Repository and catalog name the same owner from here on, or the start is refused: two services that write to one repository
    /// would each delete what only the other knows.</summary>
    private static async Task SettleOwnerAsync(
        Repository open,
        ServerSettings settings,
        Bootstrap catalog,
        ILogger log,
        CancellationToken cancel
    )
    {
        var found = open.Owner;
        if (found is not null && (found == catalog.Owner || (catalog.Owner is null && catalog.IsUsed)))
        {
            if (catalog.Owner is null)
            {
                await catalog.SetOwnerAsync(found, cancel);
            }

            return;
        }

        if (!settings.TakeOver)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                found is null
                    ? $"The repository in '{settings.Repository}' was made for use without a service. Name another place with "
                        + $"Repository:Path or Repository:Url, or give it to this service for good with Repository:TakeOver=true."
                    : $"The repository in '{settings.Repository}' belongs to {found}, and this catalog is of "
                        + $"{catalog.Owner ?? "none"}. Start the service with the catalog of the first (--data or Catalog:Postgres), or "
                        + $"name another place with Repository:Path or Repository:Url. Only where the first is gone for good: "
                        + $"Repository:TakeOver=true makes the repository this service's; backups that this catalog does not know stay "
                        + "in it, unseen."
            );
        }

        var mine = catalog.Owner ?? found ?? throw new InvalidOperationException("A catalog that is in use has no name for its service.");
        await open.SetOwnerAsync(mine, evenIfOwned: true, cancel);
        await catalog.SetOwnerAsync(mine, cancel);
        ServerLog.TookOver(log, open.Id, found ?? "none", mine);
    }

    private static HoldfastException Missing(ServerSettings settings, string? expected) =>
        new(
            FailureKind.NotFound,
            $"The catalog {(expected is null ? "is in use" : $"belongs to repository {expected}")} but there is no repository in "
                + $"'{settings.Repository}'. Is it mounted? Is it the right bucket? Name its place with Repository:Path or "
                + $"Repository:Url; a new one is not made over a catalog that was used."
        );

    private static async Task ThrowIfAnotherAsync(IObjectStore store, ServerSettings settings, string? expected, CancellationToken cancel)
    {
        if (expected is not null && await Repository.ReadIdAsync(store, cancel) is var found && found != expected)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"This catalog belongs to repository {expected}; the one in '{settings.Repository}' is {found}. Name the place of "
                    + $"the first with Repository:Path or Repository:Url (and its key with Repository:Key), or give the "
                    + $"second its own catalog with --data or Catalog:Postgres."
            );
        }
    }

    /// <summary>A first start that died after it made the key and before it made the repository leaves a key that opens nothing here. It is
    /// kept under another name: it may have been put there by hand.</summary>
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
