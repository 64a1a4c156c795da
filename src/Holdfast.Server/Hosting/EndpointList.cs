using Holdfast.Server.Admin;
using Holdfast.Server.Console;
using Holdfast.Server.Console.Pages;
using Holdfast.Server.Health;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Holdfast.Server.Metrics;
using Holdfast.Server.OpenApi;
using Holdfast.Server.OpenStack;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Hosting;

/// <summary>The one place where the classes with the API's operations are named.</summary>
internal static class EndpointList
{
    private static readonly Type[] Always =
    [
        // VBS
        typeof(PolicyEndpoints),
        typeof(ResourceEndpoints),
        typeof(TaskEndpoints),
        typeof(JobEndpoints),
        typeof(PolicyTagEndpoints),
        typeof(CloudBackupEndpoints),
        typeof(SharingEndpoints),
        // OpenStack's block storage
        typeof(VersionEndpoints),
        typeof(FixedEndpoints),
        typeof(AbsentEndpoints),
        typeof(TypeEndpoints),
        typeof(LimitEndpoints),
        typeof(ServiceEndpoints),
        typeof(VolumeListEndpoints),
        typeof(VolumeEndpoints),
        typeof(CloudVolumeEndpoints),
        typeof(VolumeActionEndpoints),
        typeof(VolumeMetadataEndpoints),
        typeof(BackupListEndpoints),
        typeof(BackupEndpoints),
        typeof(BackupRecordEndpoints),
        typeof(BackupChangeEndpoints),
        // ours
        typeof(AdminEndpoints),
        typeof(DrillEndpoints),
        typeof(RateEndpoints),
        typeof(PruneEndpoints),
        typeof(CheckAndCopyEndpoints),
        typeof(UpkeepJobEndpoints),
        typeof(AuditEndpoints),
        typeof(DeletedBackupEndpoints),
        typeof(NotifyTargetEndpoints),
        typeof(NotifyRuleEndpoints),
        typeof(ApiDocumentEndpoints),
        typeof(HealthEndpoint),
        typeof(MetricsEndpoint),
        typeof(StatusEndpoint),
        // the console
        typeof(ConsoleAssets),
        typeof(SignInPages),
        typeof(OverviewPages),
        typeof(VolumePages),
        typeof(PolicyPages),
        typeof(JobPages),
        typeof(BackupPages),
        typeof(ServicePages),
        typeof(PeoplePages),
        typeof(NotificationPages),
        typeof(AuditPages),
    ];

    /// <summary>The embedded identity; where users belong to a Keystone it is not there.</summary>
    private static readonly Type[] OfIdentity =
    [
        typeof(IdentityVersionEndpoints),
        typeof(TokenEndpoints),
        typeof(ProjectEndpoints),
        typeof(ProjectTagEndpoints),
        typeof(UserEndpoints),
        typeof(RoleEndpoints),
        typeof(DirectoryEndpoints),
        typeof(EmptyIdentityLists),
        typeof(AccessKeyEndpoints),
    ];

    /// <summary>All of them, whether a service has them or not.</summary>
    public static IReadOnlyList<Type> All => [.. Always, .. OfIdentity];

    public static IServiceCollection AddEndpoints(this IServiceCollection services, bool withIdentity)
    {
        foreach (var type in withIdentity ? All : Always)
        {
            services.AddSingleton(typeof(IEndpoints), type);
        }

        return services;
    }

    public static void MapEndpoints(this IEndpointRouteBuilder routes)
    {
        foreach (var endpoints in routes.ServiceProvider.GetServices<IEndpoints>())
        {
            endpoints.Map(routes);
        }
    }
}
