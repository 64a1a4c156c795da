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
}

/// <summary>What a project has: what is there, and what running backups hold until they are. Gigabytes are the sizes of the volumes in GiB,
/// each rounded up.</summary>
public sealed record QuotaUsage(long Backups, long BackupsReserved, long Gigabytes, long GigabytesReserved);

public enum QuotaKind
{
    Backups = 1,
    BackupGigabytes = 2,

    /// <summary>The limit of backups of one volume, which is a setting of the service.</summary>
    BackupsOfVolume = 3,
}

/// <summary>Why one more backup is not let in.</summary>
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

    /// <summary>Backups that one volume may have; -1 for any number. Default -1, because a policy may keep up to 99.</summary>
    [Range(-1, long.MaxValue)]
    public long BackupsPerVolume { get; set; } = Quota.Unlimited;
}

[OptionsValidator]
internal sealed partial class QuotaOptionsValidator : IValidateOptions<QuotaOptions>;
