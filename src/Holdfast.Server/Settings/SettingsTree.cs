using System.ComponentModel.DataAnnotations;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Notifications;
using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Settings;

/// <summary>The settings as they are written: names, defaults and bounds are those of these properties, and of no other place.
/// docs/settings.md lists them; a test compares.</summary>
internal sealed class SettingsTree
{
    [NotEmpty("is a folder")]
    public string Data { get; set; } = "";

    [ListenAddressRule]
    public string Listen { get; set; } = "http://127.0.0.1:8776";

    [WebAddress("is an address like https://backup.example.com")]
    public Uri? PublicUrl { get; set; }

    [Networks]
    public string? Proxies { get; set; }

    public CatalogSection Catalog { get; } = new();

    public RepositorySection Repository { get; } = new();

    public VolumesSection Volumes { get; } = new();

    public QuotaOptions Quotas { get; } = new();

    public IdentitySection Identity { get; } = new();

    public TaskOptions Tasks { get; } = new();

    public UpkeepOptions Upkeep { get; } = new();

    public JobOptions Jobs { get; } = new();

    public SchedulingOptions Scheduling { get; } = new();

    public PolicyOptions Policies { get; } = new();

    public NotificationsSection Notifications { get; } = new();

    public LimitsSection Limits { get; } = new();

    public HealthSection Health { get; } = new();

    public MetricsSection Metrics { get; } = new();

    public TracesSection Traces { get; } = new();

    public LoggingSection Logging { get; } = new();

    public BenchSection Bench { get; } = new();

    internal sealed class CatalogSection
    {
        [PostgresText, Secret]
        public string? Postgres { get; set; }
    }

    internal sealed class RepositorySection
    {
        public const string StandardPath = "repository";

        [NotEmpty("is a folder")]
        public string Path { get; set; } = StandardPath;

        /// <summary>Not repeated where it is wrong: people put passwords into addresses.</summary>
        [RepositoryAddressRule, Secret]
        public string? Url { get; set; }

        public string? AccessKey { get; set; }

        [Secret]
        public string? SecretKey { get; set; }

        [NotEmpty("is a file")]
        public string Key { get; set; } = "repository.key";

        [NotEmpty("is a file")]
        public string? PassphraseFile { get; set; }

        [CompressionName]
        public string Compression { get; set; } = "default";

        [Range(16, 4096), PowerOfTwo]
        public int ChunkSizeKiB { get; set; } = 64;

        public bool TakeOver { get; set; }

        public CopySection Copy { get; } = new();
    }

    internal sealed class CopySection
    {
        [RepositoryAddressRule, Secret]
        public string? Url { get; set; }

        public string? AccessKey { get; set; }

        [Secret]
        public string? SecretKey { get; set; }

        [Range(0, 3650)]
        public int KeepRemovedDays { get; set; } = 30;
    }

    internal sealed class VolumesSection
    {
        [NotEmpty("is a folder")]
        public string Path { get; set; } = "volumes";
    }

    internal sealed class IdentitySection
    {
        public IdentityMode Mode { get; set; }

        public KeystoneSettings Keystone { get; } = new();
    }

    internal sealed class NotificationsSection
    {
        [RegularExpression(DailyTime.OrNever, ErrorMessage = "is a time of day, UTC, as 07:00, or empty for never")]
        public string DigestAt { get; set; } = "07:00";

        public SmtpSection Smtp { get; } = new();
    }

    internal sealed class SmtpSection
    {
        [HostName]
        public string? Host { get; set; }

        [Range(1, 65535)]
        public int Port { get; set; } = 587;

        public SmtpSecurity Security { get; set; } = SmtpSecurity.StartTls;

        [NotEmpty("is the name of a user")]
        public string? User { get; set; }

        [NotEmpty("is a file")]
        public string? PasswordFile { get; set; }

        [MailAddress]
        public string? From { get; set; }
    }

    internal sealed class LimitsSection
    {
        public const long MostBytesPerSecond = 1_000_000_000_000;

        [Range(1024, 64 * 1024 * 1024)]
        public int MaxBodyBytes { get; set; } = 1024 * 1024;

        [Range(0, MostBytesPerSecond)]
        public long ReadBytesPerSecond { get; set; }

        [Range(0, MostBytesPerSecond)]
        public long StoreWriteBytesPerSecond { get; set; }

        [Range(0, MostBytesPerSecond)]
        public long StoreReadBytesPerSecond { get; set; }
    }

    internal sealed class HealthSection
    {
        [Range(0, 1_048_576)]
        public int FreeSpaceMiB { get; set; } = 256;
    }

    internal sealed class MetricsSection
    {
        public bool Public { get; set; }
    }

    internal sealed class TracesSection
    {
        [WebAddress("is an address like http://127.0.0.1:4318")]
        public Uri? Endpoint { get; set; }
    }

    internal sealed class LoggingSection
    {
        public LogFormat Format { get; set; }

        public LogLevel Level { get; set; } = LogLevel.Information;
    }

    internal sealed class BenchSection
    {
        public bool FixedAnswer { get; set; }
    }
}

/// <summary>How a line of the log is written.</summary>
public enum LogFormat
{
    /// <summary>For people: time, level, category, event id, message.</summary>
    Text = 0,

    /// <summary>For programs: a JSON object.</summary>
    Json = 1,
}

/// <summary>Where users belong.</summary>
internal enum IdentityMode
{
    Embedded = 0,
    Keystone = 1,
}
