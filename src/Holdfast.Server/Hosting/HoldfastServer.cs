using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Holdfast.Control.Catalog;
using Holdfast.Control.Composition;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Identity.Keystone;
using Holdfast.Server.OpenStack;
using Holdfast.Server.Settings;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Server.Hosting;

/// <summary>What a first start made and a person must be told once.</summary>
/// <param name="AdminPassword">The password of <c>admin</c> where it was made up; it is nowhere else.</param>
/// <param name="KeyFile">The repository's key, where it was made; a copy belongs elsewhere.</param>
public sealed record FirstStart(string? AdminPassword, string? KeyFile);

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
    /// <exception cref="HoldfastException">Why it cannot start: folder, lock, catalog, key, repository, port.</exception>
    public static async Task<HoldfastServer> StartAsync(ServerSettings settings, TimeProvider clock, CancellationToken cancel)
    {
        var folder = DataFolder.Open(settings.Data);
        CatalogDatabase? catalog = null;
        Repository? repository = null;
        try
        {
            catalog = await settings.Catalog.OpenAsync(cancel);
            using var logging = LoggerFactory.Create(builder => ConfigureLogging(builder, settings));
            (repository, var first) = await OpenRepositoryAsync(settings, catalog, clock, logging, cancel);
            var app = Build(settings, clock, catalog, repository);
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

    /// <summary>Stops: requests and jobs end or are handed back, then all is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
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
            var password = await begun.FinishAsync(repository.Id, !settings.IsKeystone, settings.AdminPassword, cancel);
            if (!settings.IsKeystone && !await FirstAdmin.IsThereAnyAsync(catalog, cancel))
            {
                ServerLog.NoAdmin(logging.CreateLogger<HoldfastServer>());
            }

            return (repository, new FirstStart(password, made ? settings.KeyFile : null));
        }
        catch
        {
            await repository.DisposeAsync();
            throw;
        }
    }

    private static WebApplication Build(ServerSettings settings, TimeProvider clock, CatalogDatabase catalog, Repository repository)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "holdfast", EnvironmentName = Environments.Production }
        );
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = settings.MaxBodyBytes;
                kestrel.Limits.MaxRequestLineSize = 64 * 1024; // the server's own limit is below: see ErrorMiddleware
                kestrel.ConfigureEndpointDefaults(listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(UnparsedRequests.Prepare);
                });
            });
        builder.WebHost.UseUrls(settings.Listen.GetLeftPart(UriPartial.Authority));
        ConfigureLogging(builder.Logging, settings);
        var services = builder.Services;
        services.AddRoutingCore();
        services.AddSingleton(settings).AddSingleton(clock).AddSingleton(catalog).AddSingleton(repository);
        services.AddSingleton(Options.Create(settings.Quotas)).AddSingleton(Options.Create(settings.Volumes)).AddSingleton(settings.Places);
        services
            .AddSingleton(Options.Create(settings.Policies))
            .AddSingleton(Options.Create(settings.Tasks))
            .AddSingleton(Options.Create(settings.Jobs))
            .AddSingleton(Options.Create(settings.Scheduling));
        services.AddHoldfastControl();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));
        services.AddSingleton<PublicAddress>().AddSingleton<OpenRoutes>();
        services.AddSingleton<IdentityAddress>().AddSingleton<ForeignProjects>();
        if (settings.Keystone is { } keystone)
        {
            services.AddSingleton(keystone).AddSingleton<HttpMessageHandler>(_ => KeystoneConnection.MakeHandler(keystone));
            services.AddSingleton<KeystoneClient>().AddSingleton<ITokenSource, KeystoneTokens>();
        }
        else
        {
            services.AddSingleton<ITokenSource>(provider => provider.GetRequiredService<TokenStore>());
        }

        services
            .AddSingleton<AuditLog>()
            .AddSingleton(provider => new Authenticator(
                provider.GetRequiredService<ITokenSource>(),
                settings.IsKeystone ? null : provider.GetRequiredService<AccessKeyStore>(),
                provider.GetRequiredService<IdentityAddress>(),
                provider.GetRequiredService<AuditLog>(),
                clock
            ));
        services.AddSingleton<ServiceHealth>().AddSingleton<IdentityDoor>().AddEndpoints(withIdentity: !settings.IsKeystone);
        return Map(builder.Build(), settings);
    }

    private static WebApplication Map(WebApplication app, ServerSettings settings)
    {
        UnparsedRequests.Answer(app.Services.GetRequiredService<DiagnosticListener>(), app.Services.GetRequiredService<TimeProvider>());
        app.UseForwardedHeaders(ForwardedRequests.OptionsOf(settings));
        app.Use(MicroVersion.TellAsync);
        app.UseMiddleware<ErrorMiddleware>();
        app.Use(DotSegments.RefuseAsync);
        app.UseRouting();
        app.UseMiddleware<AuthMiddleware>();
        app.Use(EmptyIds.RefuseAsync);
        app.Use(EmptyItems.RefuseAsync);
        app.MapEndpoints();
        if (settings.FixedAnswer)
        {
            FixedAnswerEndpoint.Map(app);
        }

        return app;
    }

    private static void ConfigureLogging(ILoggingBuilder logging, ServerSettings settings)
    {
        logging.SetMinimumLevel(settings.LogLevel);
        logging.AddFilter("Microsoft", settings.LogLevel > LogLevel.Warning ? settings.LogLevel : LogLevel.Warning);

        // A start that fails is an exception that our caller tells in one line; the host would tell it again with its stack.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
    }

    private static async Task ListenAsync(WebApplication app, ServerSettings settings, CancellationToken cancel)
    {
        if (
            !IPAddress.TryParse(settings.Listen.IdnHost, out var address)
                ? settings.Listen.Host != "localhost"
                : !IPAddress.IsLoopback(address)
        )
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
