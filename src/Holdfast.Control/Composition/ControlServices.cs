using Holdfast.Control.Audit;
using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Drills;
using Holdfast.Control.Exports;
using Holdfast.Control.Figures;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Notifications;
using Holdfast.Control.Places;
using Holdfast.Control.Policies;
using Holdfast.Control.Processes;
using Holdfast.Control.Projects;
using Holdfast.Control.Protection;
using Holdfast.Control.Quotas;
using Holdfast.Control.Restores;
using Holdfast.Control.Retention;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Sessions;
using Holdfast.Control.Shares;
using Holdfast.Control.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Control.Work;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Composition;

public static class ControlServices
{
    /// <summary>
    /// Registers the control plane: its stores, and its loops as hosted services. The caller registers <see cref="CatalogDatabase"/>
    /// (migrated)
    /// <see cref="Engine.Repository"/>, <see cref="VolumeOptions"/>, <see cref="ServicePlaces"/>, <see cref="NotificationSettings"/> and
    /// <see cref="ServiceParts"/>, and binds the other options, which are checked at start.
    /// </summary>
    public static IServiceCollection AddHoldfastControl(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddCheckedOptions().AddStores().AddJobs().AddLoops();
    }

    private static IServiceCollection AddCheckedOptions(this IServiceCollection services)
    {
        services.AddOptions<PolicyOptions>().ValidateOnStart();
        services.AddOptions<TaskOptions>().ValidateOnStart();
        services.AddOptions<JobOptions>().ValidateOnStart();
        services.AddOptions<UpkeepOptions>().ValidateOnStart();
        services.AddOptions<SchedulingOptions>().ValidateOnStart();
        services.AddOptions<QuotaOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<QuotaOptions>, QuotaOptionsValidator>();
        services.AddSingleton<IValidateOptions<PolicyOptions>, PolicyOptionsValidator>();
        services.AddSingleton<IValidateOptions<TaskOptions>, TaskOptionsValidator>();
        services.AddSingleton<IValidateOptions<JobOptions>, JobOptionsValidator>();
        services.AddSingleton<IValidateOptions<UpkeepOptions>, UpkeepOptionsValidator>();
        services.AddSingleton<IValidateOptions<SchedulingOptions>, SchedulingOptionsValidator>();
        return services;
    }

    private static IServiceCollection AddStores(this IServiceCollection services)
    {
        services.TryAddSingleton<TaskStore>();
        services.TryAddSingleton<JobStore>();
        services.TryAddSingleton<JobLists>();
        services.TryAddSingleton<JobLogStore>();
        services.TryAddSingleton<AuditStore>();
        services.TryAddSingleton<AuditVerification>();
        services.TryAddSingleton<SessionStore>();
        services.TryAddSingleton<ProcessStore>();
        services.TryAddSingleton<BackupStore>();
        services.TryAddSingleton<BackupsMade>();
        services.TryAddSingleton<RetentionForecast>();
        services.TryAddSingleton<RetentionPreview>();
        services.TryAddSingleton<VolumeStore>();
        services.TryAddSingleton<VolumeNames>();
        services.TryAddSingleton<PolicyStore>();
        services.TryAddSingleton<PolicyVolumes>();
        services.TryAddSingleton<PolicyTags>();
        services.TryAddSingleton<VolumeFileRemovals>();
        services.TryAddSingleton<VolumeRemoval>();
        services.TryAddSingleton<OwnedVolumes>();
        services.TryAddSingleton<VolumeOperations>();
        services.TryAddSingleton<BackupReset>();
        services.TryAddSingleton<BackupRemoval>();
        services.TryAddSingleton<QuotaStore>();
        services.TryAddSingleton<DrillStore>();
        services.TryAddSingleton<ProtectionStore>();
        services.TryAddSingleton<DayFigureStore>();
        services.TryAddSingleton<ShareStore>();
        services.TryAddSingleton<VolumeFromBackup>();
        services.TryAddSingleton<ProjectStore>();
        services.TryAddSingleton<AccountStore>();
        services.TryAddSingleton<TokenStore>();
        services.TryAddSingleton<AccessKeyStore>();
        services.TryAddSingleton<Administration>();
        services.TryAddSingleton<BackupService>();
        services.TryAddSingleton<BackupImport>();
        services.TryAddSingleton<PolicyFiring>();
        services.TryAddSingleton<CatalogExporter>();
        services.TryAddSingleton<ServiceFigureStore>();
        services.TryAddSingleton<UpkeepEnds>();
        services.TryAddSingleton<NotifyTargets>();
        services.TryAddSingleton<NotifyRules>();
        services.TryAddSingleton<NotifyDeliveries>();
        services.TryAddSingleton<NotifyPost>();
        services.TryAddSingleton<NotifyTest>();
        return services;
    }

    private static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.TryAddSingleton(_ => new FileSystemCalls());
        services.AddSingleton<IJobHandler, CreateBackupHandler>();
        services.AddSingleton<IJobHandler, DeleteBackupHandler>();
        services.AddSingleton<IJobHandler, RestoreBackupHandler>();
        services.TryAddSingleton<DrillFile>();
        services.AddSingleton<IJobHandler, DrillHandler>();
        services.AddSingleton<IJobHandler, PruneHandler>();
        services.TryAddSingleton<PruneRuns>();
        services.TryAddSingleton<PruneLook>();
        services.TryAddSingleton<CheckTurns>();
        services.TryAddSingleton<LostBackups>();
        services.AddSingleton<IJobHandler, CheckHandler>();
        services.TryAddSingleton<SecondCopyStore>();
        services.AddSingleton<IJobHandler, CopyHandler>();
        services.TryAddSingleton<UpkeepOrders>();
        services.TryAddSingleton<RateLimitStore>();
        services.AddSingleton<IJobHandler, ExportHandler>();
        services.TryAddSingleton<JobEnds>();
        services.TryAddSingleton(provider => new JobCancellation(
            provider.GetRequiredService<CatalogDatabase>(),
            provider.GetRequiredService<JobStore>(),
            provider.GetRequiredService<JobEnds>()
        ));
        services.AddHostedService<JobRescuer>();
        services.AddHostedService<JobWorkers>();
        return services;
    }

    private static IServiceCollection AddLoops(this IServiceCollection services)
    {
        services.TryAddSingleton<RetentionRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<RetentionRunner>());
        services.AddHostedService<Scheduler>();
        services.AddHostedService<HistoryUpkeep>();
        services.AddHostedService<RemovedBackupUpkeep>();
        services.AddHostedService<UpkeepSchedule>();
        services.AddHostedService<ExportWatch>();
        services.AddHostedService<VolumeFileUpkeep>();
        services.AddHostedService<ClockUpkeep>();
        services.AddHostedService<StoreClassWatch>();
        services.AddHostedService<LostBackupWatch>();
        services.TryAddSingleton<ProcessSigns>();
        services.AddHostedService(provider => provider.GetRequiredService<ProcessSigns>());
        services.AddHostedService<NotifyWatcher>();
        services.AddHostedService<NotifySender>();
        return services;
    }
}
