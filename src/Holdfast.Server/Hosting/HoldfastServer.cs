using System.Net.Sockets;
using Holdfast.Control.Catalog;
using Holdfast.Control.Exports;
using Holdfast.Control.Sessions;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Server.Admin;
using Holdfast.Server.Identity;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Hosting;

/// <summary>What a first start made and a person must be told.</summary>
/// <param name="AdminPassword">The password of <c>admin</c>, where this start made it up.</param>
/// <param name="PasswordFile">The file that has the password that was made up, at later starts too, as long as it is there.</param>
/// <param name="KeyFile">The repository's key file, where it was made; a copy belongs elsewhere.</param>
public sealed record FirstStart(string? AdminPassword, string? PasswordFile, string? KeyFile);

/// <summary>The running service: HTTP, scheduler, workers, upkeep.</summary>
public sealed class HoldfastServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataFolder _folder;
    private readonly CatalogDatabase _catalog;
    private readonly Repository _repository;

    private HoldfastServer(
        WebApplication app,
        ServerSettings settings,
        DataFolder folder,
        CatalogDatabase catalog,
        Repository repository,
        FirstStart first
    )
    {
        (_app, _folder, _catalog, _repository, First) = (app, folder, catalog, repository, first);
        Address = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.First()
                ?? throw new InvalidOperationException("The server has no address.")
        );
        Identity = settings.Keystone?.Url ?? new Uri(Address, IdentityDoor.Root);
    }

    /// <summary>Where it answers, with the port it was given where 0 was asked for.</summary>
    public Uri Address { get; }

    /// <summary>Where callers get their tokens.</summary>
    public Uri Identity { get; }

    public FirstStart First { get; }

    internal IServiceProvider Services => _app.Services;

    /// <summary>Starts the service; it answers when this returns.</summary>
    /// <param name="tell">Told as soon as it is true, because what follows may fail (a port that another has), and the next start is no
    /// first one any more.</param>
    /// <exception cref="HoldfastException">Why it cannot start: folder, lock, catalog, key, repository, port.</exception>
    public static async Task<HoldfastServer> StartAsync(
        ServerSettings settings,
        TimeProvider clock,
        Action<FirstStart> tell,
        CancellationToken cancel
    )
    {
        var folder = DataFolder.Open(settings.Data);
        CatalogDatabase? catalog = null;
        Repository? repository = null;
        try
        {
            catalog = await settings.Catalog.OpenAsync(cancel);
            using var logging = LoggerFactory.Create(builder => ServiceLogging.Configure(builder, settings));
            (repository, var first) = await OpenRepositoryAsync(settings, catalog, clock, logging, cancel);
            tell(first);
            var app = ServiceApplication.Build(settings, clock, catalog, repository);
            await app.Services.GetRequiredService<ServiceLimits>().RefreshAsync(cancel);
            await app.Services.GetRequiredService<SessionStore>().AdoptAsync(repository, cancel);
            await ListenAsync(app, settings, cancel);
            return new HoldfastServer(app, settings, folder, catalog, repository, first);
        }
        catch
        {
            await (repository?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (catalog?.DisposeAsync() ?? ValueTask.CompletedTask);
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Returns when the service was told to stop (SIGTERM, SIGINT, or the token).</summary>
    public Task WaitAsync(CancellationToken cancel) => _app.WaitForShutdownAsync(cancel);

    /// <summary>Stops: requests and jobs end or are handed back, the catalog is written to the repository, then all is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.Services.GetRequiredService<AuditTrail>().WriteAtEndAsync();

        // After the last job has ended or been handed back.
        await _app.Services.GetRequiredService<CatalogExporter>().RunAtEndAsync();
        await _app.DisposeAsync();
        await _repository.DisposeAsync();
        await _catalog.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Others that start on the same catalog for the first time wait until this is done, and then open what was made.</summary>
    private static async Task<(Repository Repository, FirstStart First)> OpenRepositoryAsync(
        ServerSettings settings,
        CatalogDatabase catalog,
        TimeProvider clock,
        ILoggerFactory logging,
        CancellationToken cancel
    )
    {
        await using var begun = await Bootstrap.BeginAsync(catalog, clock, cancel);
        var (repository, made) = await RepositoryStart.OpenAsync(settings, begun, clock, logging.CreateLogger<Repository>(), cancel);
        try
        {
            // Last, because this says that the first start was finished.
            var kept = new InitialPassword(settings.Data);
            var password = await begun.FinishAsync(repository.Id, !settings.IsKeystone, settings.AdminPassword, kept.Write, cancel);
            if (!settings.IsKeystone && !await FirstAdmin.IsThereAnyAsync(catalog, cancel))
            {
                ServerLog.NoAdmin(logging.CreateLogger<HoldfastServer>());
            }

            // Not where this start has just set it: to try a password costs as much as to set it.
            if (
                begun.IsUsed
                && !settings.IsKeystone
                && settings.AdminPassword is { Length: > 0 } given
                && await FirstAdmin.HasAnotherAsync(catalog, given, cancel)
            )
            {
                ServerLog.AdminPasswordUnused(logging.CreateLogger<HoldfastServer>());
            }

            return (repository, new FirstStart(password, kept.Find(), made && settings.PassphraseFile is null ? settings.KeyFile : null));
        }
        catch
        {
            await repository.DisposeAsync();
            throw;
        }
    }

    private static async Task ListenAsync(WebApplication app, ServerSettings settings, CancellationToken cancel)
    {
        if (!ListenAddress.IsLoopback(settings.Listen))
        {
            ServerLog.OpenToOthers(app.Services.GetRequiredService<ILogger<HoldfastServer>>(), settings.Listen.ToString());
        }

        try
        {
            await app.StartAsync(cancel);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new HoldfastException(
                FailureKind.Busy,
                $"Cannot listen on {settings.Listen}: {e.Message} Another service may have the port; choose another with --listen.",
                e
            );
        }
    }
}
