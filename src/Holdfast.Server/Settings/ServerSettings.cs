using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Notifications;
using Holdfast.Control.Places;
using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Settings;

/// <summary>How a service runs; read and checked whole by <see cref="SettingsReader"/>. docs/settings.md lists all of them.</summary>
public sealed class ServerSettings
{
    private readonly SettingsTree _tree;

    /// <param name="tree">Checked.</param>
    /// <param name="adminPassword">Password of the first admin, where it is given.</param>
    internal ServerSettings(SettingsTree tree, string? adminPassword)
    {
        (_tree, AdminPassword) = (tree, adminPassword);
        Data = Path.GetFullPath(tree.Data);
        Listen = new Uri(tree.Listen);
        Proxies = tree.Proxies is { } text ? ForwardedRequests.Parse(text) : null;
    }

    /// <summary>Folder of catalog, repository and key.</summary>
    public string Data { get; }

    /// <summary>Where to answer. Loopback unless told otherwise.</summary>
    public Uri Listen { get; }

    /// <summary>The address that callers are told, where it is not the one they use.</summary>
    public Uri? PublicUrl => _tree.PublicUrl;

    /// <summary>Whose X-Forwarded headers are believed; null for this machine's own.</summary>
    public IReadOnlyList<System.Net.IPNetwork>? Proxies { get; }

    /// <summary>How hard a repository that is made compresses.</summary>
    public Compression Compression => CompressionNames.TryParse(_tree.Repository.Compression) ?? Compression.Default;

    /// <summary>KiB, a power of two from 16 to 4096, of a repository that is made.</summary>
    public int ChunkSizeKib => _tree.Repository.ChunkSizeKiB;

    /// <summary>Whether a repository that belongs to another service, or to none, becomes this one's at start.</summary>
    public bool TakeOver => _tree.Repository.TakeOver;

    /// <summary>MiB that are to be free where the data folder and the repository are: with fewer <c>/healthz</c> says so.</summary>
    public int FreeSpaceMib => _tree.Health.FreeSpaceMiB;

    /// <summary>The largest request body in bytes.</summary>
    public int MaxBodyBytes => _tree.Limits.MaxBodyBytes;

    /// <summary>Bytes a second that may be read from volumes, for all jobs of this process together; 0 for any number.</summary>
    public long ReadBytesPerSecond => _tree.Limits.ReadBytesPerSecond;

    /// <summary>Bytes a second that may be written to the repository's store; 0 for any number.</summary>
    public long StoreWriteBytesPerSecond => _tree.Limits.StoreWriteBytesPerSecond;

    /// <summary>Bytes a second that may be read from the repository's store; 0 for any number.</summary>
    public long StoreReadBytesPerSecond => _tree.Limits.StoreReadBytesPerSecond;

    public LogLevel LogLevel => _tree.Logging.Level;

    public LogFormat LogFormat => _tree.Logging.Format;

    /// <summary>Whether <c>/metrics</c> is answered to others than programs on this machine.</summary>
    public bool AreMetricsPublic => _tree.Metrics.Public;

    /// <summary>Where spans are sent by OTLP over HTTP; null for nowhere.</summary>
    public Uri? TracesEndpoint => _tree.Traces.Endpoint;

    /// <summary>Answers a fixed body beside the task list, for comparison in benchmarks.</summary>
    public bool FixedAnswer => _tree.Bench.FixedAnswer;

    public PolicyOptions Policies => _tree.Policies;

    public TaskOptions Tasks => _tree.Tasks;

    public UpkeepOptions Upkeep => _tree.Upkeep;

    public JobOptions Jobs => _tree.Jobs;

    public SchedulingOptions Scheduling => _tree.Scheduling;

    public QuotaOptions Quotas => _tree.Quotas;

    /// <summary>Who sends mail, and when digests are made. The password's file is relative to the data folder.</summary>
    public NotificationSettings Notifications =>
        new(
            _tree.Notifications.DigestAt,
            PublicUrl?.ToString(),
            _tree.Notifications.Smtp is { Host: { } host, From: { } from } smtp
                ? new SmtpServer(host, smtp.Port, smtp.Security, smtp.User, smtp.PasswordFile is { } file ? AtData(file) : null, from)
                : null
        );

    /// <summary>Where volumes that the service makes lie; relative to the data folder.</summary>
    public VolumeOptions Volumes => new() { Folder = Path.Combine(Data, _tree.Volumes.Path) };

    /// <summary>What is the service's own, the narrower places first.</summary>
    public ServicePlaces Places =>
        new([
            new(Path.GetFullPath(Volumes.Folder), "the folder of the volumes that the service made"),
            .. RepositoryFolder is { } folder ? [new ServicePlace(Path.GetFullPath(folder), "the repository")] : (ServicePlace[])[],
            .. SecondCopy is RepositoryAddress.Folder copy
                ? [new ServicePlace(copy.Path, "the repository's second copy")]
                : (ServicePlace[])[],
            new(Path.GetFullPath(PassphraseFile ?? KeyFile), "the repository's key"),
            new(Path.GetFullPath(CatalogFile), "the catalog"),
            new(Path.GetFullPath(Data), "the service's data folder"),
        ]);

    /// <summary>The external Keystone to whom users belong; null for the embedded identity.</summary>
    internal KeystoneSettings? Keystone => IsKeystone ? _tree.Identity.Keystone : null;

    internal bool IsKeystone => _tree.Identity.Mode == IdentityMode.Keystone;

    internal string? AdminPassword { get; }

    /// <summary>Where the repository is. Relative paths are relative to the data folder.</summary>
    public RepositoryAddress Repository =>
        _tree.Repository.Url is { } url
            ? RepositoryAddress.Parse(url, AtData)
            : new RepositoryAddress.Folder(Path.Combine(Data, _tree.Repository.Path));

    /// <summary>Null where the repository is in an object store.</summary>
    public string? RepositoryFolder => (Repository as RepositoryAddress.Folder)?.Path;

    /// <summary>For an object store; null where those of the environment are to be used.</summary>
    internal StoreCredentials? RepositoryCredentials =>
        CredentialsOf(_tree.Repository.AccessKey, _tree.Repository.SecretKey);

    /// <summary>Where the second copy of the repository is to be; null for none.</summary>
    public RepositoryAddress? SecondCopy => _tree.Repository.Copy.Url is { } url ? RepositoryAddress.Parse(url, AtData) : null;

    /// <summary>The same for upkeep.</summary>
    /// <param name="clock">What the store waits by.</param>
    internal SecondCopyOptions SecondCopyOptions(TimeProvider clock)
    {
        var credentials = CredentialsOf(_tree.Repository.Copy.AccessKey, _tree.Repository.Copy.SecretKey);
        return new SecondCopyOptions
        {
            Place = SecondCopy is { } address
                ? new SecondCopyPlace(address.ToString(), create => ObjectStores.Open(address, credentials, create, clock))
                : null,
            KeepRemovedDays = _tree.Repository.Copy.KeepRemovedDays,
        };
    }

    /// <summary>Every setting with its value and its default, as text; of secrets only whether they are set.</summary>
    internal IReadOnlyList<(string Key, string Value, string Default)> InForce() =>
        [.. Setting.AllOf(_tree).Zip(Setting.AllOf(new SettingsTree()), (now, standard) => (now.Key, now.Shown, standard.Shown))];

    public string KeyFile => Path.Combine(Data, _tree.Repository.Key);

    /// <summary>The file whose first line opens the repository instead of the key file, or null.</summary>
    public string? PassphraseFile => _tree.Repository.PassphraseFile is { } file ? Path.Combine(Data, file) : null;

    /// <summary>What opens the repository.</summary>
    /// <exception cref="Engine.Basics.HoldfastException">The passphrase's file cannot be read.</exception>
    public RepositorySecret ReadSecret() =>
        PassphraseFile is { } passphrase ? Engine.Keys.PassphraseFile.Read(passphrase) : new RepositorySecret.KeyFile(KeyFile);

    /// <summary>Where the catalog is.</summary>
    public CatalogPlace Catalog => new(CatalogFile, _tree.Catalog.Postgres);

    public string CatalogFile => Path.Combine(Data, "catalog.db");

    public string CacheFolder => Path.Combine(Data, "cache");

    private static StoreCredentials? CredentialsOf(string? access, string? secret) =>
        access is not null && secret is not null ? new StoreCredentials(access, secret) : null;

    private string AtData(string path) => Path.GetFullPath(Path.Combine(Data, path));
}
