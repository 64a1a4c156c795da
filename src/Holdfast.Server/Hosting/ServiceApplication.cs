using System.Diagnostics;
using Holdfast.Control.Catalog;
using Holdfast.Control.Composition;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Server.Admin;
using Holdfast.Server.Console;
using Holdfast.Server.Console.Sessions;
using Holdfast.Server.Console.Pages;
using Holdfast.Server.Health;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Identity.Keystone;
using Holdfast.Server.Metrics;
using Holdfast.Server.OpenStack;
using Holdfast.Server.Settings;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Holdfast.Server.Hosting;

/// <summary>What the service is made of: the HTTP server, the services behind it, and the order in which a request passes.</summary>
internal static class ServiceApplication
{
    public static WebApplication Build(ServerSettings settings, TimeProvider clock, CatalogDatabase catalog, Repository repository)
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
        ServiceLogging.Configure(builder.Logging, settings);
        ServiceTracing.Configure(builder.Services, settings);
        var services = builder.Services;
        services.AddRoutingCore();
        services.AddSingleton(settings).AddSingleton(clock).AddSingleton(catalog).AddSingleton(repository);
        services.AddSingleton(Options.Create(settings.Quotas)).AddSingleton(Options.Create(settings.Volumes)).AddSingleton(settings.Places);
        services
            .AddSingleton(Options.Create(settings.Policies))
            .AddSingleton(Options.Create(settings.Tasks))
            .AddSingleton(Options.Create(settings.Upkeep))
            .AddSingleton(Options.Create(settings.SecondCopyOptions(clock)))
            .AddSingleton(Options.Create(settings.Jobs))
            .AddSingleton(Options.Create(settings.Scheduling));
        services.AddHoldfastControl();
        services.AddSingleton(settings.Notifications);
        services.AddSingleton(provider => NotifiedParts.Of(provider.GetRequiredService<ServiceHealth>()));
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));
        services.AddSingleton<PublicAddress>().AddSingleton<OpenRoutes>();
        services.AddSingleton<IdentityAddress>().AddSingleton<ForeignProjects>();
        if (settings.Keystone is { } keystone)
        {
            services.AddSingleton(keystone).AddSingleton<HttpMessageHandler>(_ => KeystoneConnection.MakeHandler(keystone));
            services.AddSingleton<KeystoneClient>().AddSingleton<ITokenSource, KeystoneTokens>();
            services.AddSingleton<KeystoneLogin>().AddSingleton<IConsoleSessions, KeystoneSessions>();
        }
        else
        {
            services.AddSingleton<ITokenSource>(provider => provider.GetRequiredService<TokenStore>());
            services.AddSingleton<IConsoleSessions, OwnSessions>();
        }

        services
            .AddSingleton<AuditTrail>()
            .AddHostedService(provider => provider.GetRequiredService<AuditTrail>())
            .AddSingleton<AuditLog>()
            .AddSingleton(provider => new Authenticator(
                provider.GetRequiredService<ITokenSource>(),
                settings.IsKeystone ? null : provider.GetRequiredService<AccessKeyStore>(),
                provider.GetRequiredService<IdentityAddress>(),
                provider.GetRequiredService<AuditLog>(),
                clock
            ));
        services.AddSingleton<ApiCalls>().AddSingleton<PageWriter>().AddSingleton<ConsoleDoor>().AddSingleton<PolicyMembership>();
        services.AddSingleton<AdminRight>().AddSingleton<JobLookup>();
        services.AddSingleton<ServiceLimits>().AddHostedService<LimitHours>();
        services.AddSingleton<ProcessMetrics>().AddSingleton<CatalogLook>();
        services.AddSingleton<ServiceHealth>().AddSingleton<IdentityDoor>().AddEndpoints(withIdentity: !settings.IsKeystone);
        return Map(builder.Build(), settings);
    }

    private static WebApplication Map(WebApplication app, ServerSettings settings)
    {
        UnparsedRequests.Answer(app.Services.GetRequiredService<DiagnosticListener>(), app.Services.GetRequiredService<TimeProvider>());
        app.UseMiddleware<RequestTimes>();
        app.UseForwardedHeaders(ForwardedRequests.OptionsOf(settings));
        app.Use(app.Services.GetRequiredService<ApiCalls>().Remember);
        app.Use(MicroVersion.TellAsync);
        app.Use(IdentityDoor.TellAsync);
        app.Use(app.Services.GetRequiredService<AuditTrail>().FollowAsync);
        app.UseMiddleware<ErrorMiddleware>();
        app.Use(DotSegments.RefuseAsync);
        app.Use(NativePaths.TidyAsync);
        app.UseRouting();
        app.UseMiddleware<AuthMiddleware>();
        app.UseMiddleware<AdminReach>();
        app.Use(EmptyIds.RefuseAsync);
        app.Use(EmptyItems.RefuseAsync);
        app.MapEndpoints();
        if (settings.FixedAnswer)
        {
            FixedAnswerEndpoint.Map(app);
        }

        return app;
    }
}
