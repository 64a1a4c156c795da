using System.Globalization;
using System.Text.Json.Serialization;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A role of this service as block storage services list their own.</summary>
/// <param name="UpdatedAt">When it last said that it is there: it answers, so now.</param>
internal sealed record StorageServiceAnswer(string Binary, string Host, string Zone, DateTimeOffset UpdatedAt)
{
    public string Status { get; } = "enabled";

    public string State { get; init; } = "up";

    public string? DisabledReason { get; }

    /// <summary>Only from 3.7 on; there are no clusters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> Cluster { get; init; }

    /// <summary>What only the role has that holds volumes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReplicationStatus { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> ActiveBackendId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Frozen { get; init; }
}

internal sealed record StorageServiceListAnswer(IReadOnlyList<StorageServiceAnswer> Services);

/// <summary>A role of this service as a host.</summary>
internal sealed record HostAnswer(
    string HostName,
    string Service,
    string Zone,
    [property: JsonPropertyName("last-update")] DateTimeOffset LastUpdate
)
{
    /// <summary><c>available</c>, or <c>unavailable</c> where it is down.</summary>
    [JsonPropertyName("service-status")]
    public string ServiceStatus { get; init; } = "available";

    [JsonPropertyName("service-state")]
    public string ServiceState { get; } = "enabled";
}

internal sealed record HostListAnswer(IReadOnlyList<HostAnswer> Hosts);

internal sealed record HostUsageAnswer(IReadOnlyList<HostResourceAnswer> Host);

internal sealed record HostResourceAnswer(HostResource Resource);

/// <summary>What is on a host of one project, or of all. Numbers are texts, as block storage services write them.</summary>
internal sealed record HostResource(string Host, string Project, [property: JsonIgnore] IReadOnlyList<Volume> Volumes)
{
    public string VolumeCount => Volumes.Count.ToString(CultureInfo.InvariantCulture);

    public string TotalVolumeGb => Volumes.Sum(volume => (long)volume.SizeGib).ToString(CultureInfo.InvariantCulture);

    public string SnapshotCount { get; } = "0";

    public string TotalSnapshotGb { get; } = "0";
}

/// <summary>A role that was switched, as it is then.</summary>
internal sealed record ServiceSwitchAnswer(bool Disabled, string Host, string Service, string Binary, string Status);

/// <summary>What a back end is. There is nothing to choose of it.</summary>
internal sealed record CapabilitiesAnswer(string Namespace)
{
    public string VendorName { get; } = PoolCapabilities.Vendor;

    public string VolumeBackendName { get; } = PoolCapabilities.Backend;

    public string? PoolName { get; }

    public string DriverVersion { get; } =
        typeof(CapabilitiesAnswer).Assembly.GetName().Version?.ToString(3) ?? throw new InvalidOperationException("Built without version.");

    public string StorageProtocol { get; } = PoolCapabilities.Protocol;

    public string? DisplayName { get; }

    public string? Description { get; }

    public string? Visibility { get; }

    public IReadOnlyList<string> ReplicationTargets { get; } = [];

    public IReadOnlyDictionary<string, string> Properties { get; } = new Dictionary<string, string>();
}

/// <summary>Where owned volumes lie. <see cref="Capabilities"/> only where details are asked for.</summary>
internal sealed record PoolAnswer(string Name)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PoolCapabilities? Capabilities { get; init; }
}

/// <param name="TotalCapacityGb">GiB of the file system that owned volumes lie on.</param>
/// <param name="FreeCapacityGb">GiB of it that are free.</param>
/// <param name="AllocatedCapacityGb">GiB that the service's own volumes are large, of all projects.</param>
internal sealed record PoolCapabilities(long TotalCapacityGb, long FreeCapacityGb, long AllocatedCapacityGb, DateTimeOffset Timestamp)
{
    public const string Backend = "local";
    public const string Vendor = "Holdfast";
    public const string Protocol = "file";

    public string VolumeBackendName { get; } = Backend;

    public string VendorName { get; } = Vendor;

    public string StorageProtocol { get; } = Protocol;

    public string PoolName { get; } = Backend;

    public bool ThinProvisioningSupport { get; } = true;

    public bool ThickProvisioningSupport { get; }

    public bool Multiattach { get; }

    [JsonPropertyName("QoS_support")]
    public bool QosSupport { get; }

    public int ReservedPercentage { get; }
}

internal sealed record PoolListAnswer(IReadOnlyList<PoolAnswer> Pools);
