using Holdfast.Control.Jobs;
using Holdfast.Control.Places;
using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Format;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Settings;

/// <summary>How a service runs; read and checked whole by <see cref="SettingsReader"/>. docs/operations.md lists all settings.</summary>
public sealed class ServerSettings
{
    /// <summary>Folder of catalog, repository and key.</summary>
    public string Data { get; internal set; } = "";

    /// <summary>Where to answer. Loopback unless told otherwise.</summary>
    public Uri Listen { get; internal set; } = new("http://127.0.0.1:8776");

    /// <summary>The address that callers are told, where it is not the one they use.</summary>
    public Uri? PublicUrl { get; internal set; }

    /// <summary>Whose X-Forwarded headers are believed; null for this machine's own.</summary>
    public IReadOnlyList<System.Net.IPNetwork>? Proxies { get; internal set; }

    /// <summary>Connection string; null for SQLite in the data folder.</summary>
    public string? Postgres { get; internal set; }

    public string? RepositoryPath { get; internal set; }

    public string? RepositoryKey { get; internal set; }

    /// <summary>How hard a repository that is made compresses. Default <see cref="Compression.Default"/>.</summary>
    public Compression Compression { get; internal set; } = Compression.Default;

    /// <summary>KiB, a power of two from 16 to 4096, of a repository that is made. Default 64.</summary>
    public int ChunkSizeKib { get; internal set; } = 64;

    /// <summary>The largest request body in bytes. Default 1 MiB.</summary>
    public int MaxBodyBytes { get; internal set; } = 1024 * 1024;

    public LogLevel LogLevel { get; internal set; } = LogLevel.Information;

    /// <summary>Answers a fixed body beside the task list, for comparison in benchmarks. Default false.</summary>
    public bool FixedAnswer { get; internal set; }

    public PolicyOptions Policies { get; } = new();

    public TaskOptions Tasks { get; } = new();

    public JobOptions Jobs { get; } = new();

    public SchedulingOptions Scheduling { get; } = new();

    public QuotaOptions Quotas { get; } = new();

    /// <summary>Where volumes that the service makes lie; relative to the data folder. Default <c>volumes</c>.</summary>
    public string? VolumesPath { get; internal set; }

    public VolumeOptions Volumes => new() { Folder = Path.Combine(Data, VolumesPath ?? "volumes") };

    /// <summary>What is the service's own, the narrower places first.</summary>
    public ServicePlaces Places =>
        new([
            new(Path.GetFullPath(Volumes.Folder), "the folder of the volumes that the service made"),
            new(Path.GetFullPath(RepositoryFolder), "the repository"),
            new(Path.GetFullPath(KeyFile), "the repository's key"),
            new(Path.GetFullPath(CatalogFile), "the catalog"),
            new(Path.GetFullPath(Data), "the service's data folder"),
        ]);

    /// <summary>The external Keystone to whom users belong; null for the embedded identity.</summary>
    internal KeystoneSettings? Keystone => IsKeystone ? KeystoneGiven : null;

    internal bool IsKeystone { get; set; }

    internal KeystoneSettings KeystoneGiven { get; } = new();

    /// <summary>Password of the first admin, where it is given.</summary>
    internal string? AdminPassword { get; set; }

    /// <summary>Relative paths are relative to the data folder.</summary>
    public string RepositoryFolder => Path.Combine(Data, RepositoryPath ?? "repository");

    public string KeyFile => Path.Combine(Data, RepositoryKey ?? "repository.key");

    public string CatalogFile => Path.Combine(Data, "catalog.db");

    public string CacheFolder => Path.Combine(Data, "cache");
}
