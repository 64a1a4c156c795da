using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Quotas;

/// <summary>What is going to be gone when what is asked for is there.</summary>
/// <param name="Gigabytes">GiB, each backup's rounded up.</param>
public readonly record struct QuotaRelief(long Backups, long Gigabytes)
{
    public static readonly QuotaRelief None;
}

/// <summary>What a project may have. <see cref="Unlimited"/> is as much as it likes.</summary>
public sealed record Quota(long Backups, long BackupGigabytes)
{
    public const long Unlimited = -1;

    /// <summary>Volumes, registered and made ones.</summary>
    public long Volumes { get; init; } = Unlimited;

    /// <summary>GiB of its volumes together, each rounded up.</summary>
    public long Gigabytes { get; init; } = Unlimited;

    /// <summary>GiB of one volume that the service makes or extends.</summary>
    public long PerVolumeGigabytes { get; init; } = Unlimited;

    /// <summary>There are none; kept for whoever sets it.</summary>
    public long Snapshots { get; init; }

    /// <summary>There are none; kept for whoever sets it.</summary>
    public long Groups { get; init; }
}

/// <summary>What a project has: what is there, and what running backups hold until they are. Gigabytes are the sizes of the volumes in GiB,
/// each rounded up.</summary>
public sealed record QuotaUsage(long Backups, long BackupsReserved, long Gigabytes, long GigabytesReserved);

/// <summary>The volumes that a project has, and their GiB, each rounded up.</summary>
public sealed record VolumeUsage(long Volumes, long Gigabytes);

/// <summary>What would be more than there is.</summary>
/// <param name="Volumes">1 for a new volume, 0 for one that is extended.</param>
/// <param name="Gigabytes">GiB that are added.</param>
/// <param name="PerVolume">GiB that the volume then has; null where that is not the project's to choose.</param>
public readonly record struct VolumeDemand(long Volumes, long Gigabytes, long? PerVolume);

public enum QuotaKind
{
    Backups = 1,
    BackupGigabytes = 2,

    /// <summary>The limit of backups of one volume, which is a setting of the service.</summary>
    BackupsOfVolume = 3,
    Volumes = 4,
    Gigabytes = 5,
    PerVolumeGigabytes = 6,
}

/// <summary>Why one more backup or volume is not let in.</summary>
public sealed record QuotaBreach(QuotaKind Kind, string Message);

public sealed class QuotaOptions
{
    public const string Section = "Quotas";

    /// <summary>Backups a project may have where nothing else is set for it; -1 for any number. Default -1.</summary>
    [Range(-1, long.MaxValue)]
    public long Backups { get; set; } = Quota.Unlimited;

    /// <summary>GiB, summed over its backups, that a project may have where nothing else is set for it; -1 for any number. Default
    /// -1.</summary>
    [Range(-1, long.MaxValue)]
    public long BackupGigabytes { get; set; } = Quota.Unlimited;

    /// <summary>Volumes a project may have where nothing else is set for it; -1 for any number. Default -1.</summary>
    [Range(-1, long.MaxValue)]
    public long Volumes { get; set; } = Quota.Unlimited;

    /// <summary>GiB, summed over its volumes, that a project may have where nothing else is set for it; -1 for any number. Default
    /// -1.</summary>
    [Range(-1, long.MaxValue)]
    public long Gigabytes { get; set; } = Quota.Unlimited;

    /// <summary>Backups that one volume may have; -1 for any number. Default -1, because a policy may keep up to 99.</summary>
    [Range(-1, long.MaxValue)]
    public long BackupsPerVolume { get; set; } = Quota.Unlimited;
}

[OptionsValidator]
internal sealed partial class QuotaOptionsValidator : IValidateOptions<QuotaOptions>;
