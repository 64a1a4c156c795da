namespace Holdfast.Engine.Devices;

/// <summary>What kind of thing a volume is. The numbers are stored: they are never changed, only added to.</summary>
public enum DeviceKind
{
    File = 1,
    BlockDevice = 2,
}

/// <summary>
/// What identifies a volume, as far as it can be seen: kept when the volume is registered, compared before each run and each restore into it. What was not
/// known then (null) is not compared.
/// </summary>
public sealed record DeviceIdentity
{
    public required DeviceKind Kind { get; init; }

    /// <summary>World wide name of a block device.</summary>
    public string? Wwn { get; init; }

    /// <summary>Serial number of a block device.</summary>
    public string? Serial { get; init; }

    /// <summary>UUID of a partition.</summary>
    public string? PartitionUuid { get; init; }

    /// <summary>UUID of the file system, or the partition table, that a block device holds.</summary>
    public string? FileSystemUuid { get; init; }

    /// <summary>The file system that a file lies on: its UUID, or what else tells it from others across restarts.</summary>
    public string? FileSystem { get; init; }

    /// <summary>Inode of a file. Tells, with its file system, a file that was replaced; that alone is no difference.</summary>
    public long? Inode { get; init; }

    /// <summary>Size in bytes when the identity was taken.</summary>
    public required long Size { get; init; }
}
