using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.OpenStack;

/// <summary>All of the API in OpenStack's style.</summary>
internal static class NativeApi
{
    public static IServiceCollection AddNativeApi(this IServiceCollection services) =>
        services
            .AddSingleton<VersionEndpoints>()
            .AddSingleton<LimitEndpoints>()
            .AddSingleton<VolumeListEndpoints>()
            .AddSingleton<VolumeEndpoints>()
            .AddSingleton<VolumeActionEndpoints>()
            .AddSingleton<VolumeMetadataEndpoints>()
            .AddSingleton<BackupListEndpoints>()
            .AddSingleton<BackupEndpoints>()
            .AddSingleton<BackupChangeEndpoints>();

    public static void MapNativeApi(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        services.GetRequiredService<VersionEndpoints>().Map(routes);
        FixedEndpoints.Map(routes);
        services.GetRequiredService<LimitEndpoints>().Map(routes);
        services.GetRequiredService<VolumeListEndpoints>().Map(routes);
        services.GetRequiredService<VolumeEndpoints>().Map(routes);
        services.GetRequiredService<VolumeActionEndpoints>().Map(routes);
        services.GetRequiredService<VolumeMetadataEndpoints>().Map(routes);
        services.GetRequiredService<BackupListEndpoints>().Map(routes);
        services.GetRequiredService<BackupEndpoints>().Map(routes);
        services.GetRequiredService<BackupChangeEndpoints>().Map(routes);
    }
}
