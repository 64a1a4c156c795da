using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Devices;

/// <summary>What kind of thing a volume is. The numbers are stored: they are never changed, only added to.</summary>
public enum DeviceKind
{
    File = 1,
    BlockDevice = 2,
}

/// <summary>
/// What identifies a volume, as far as it can be seen: kept when the volume is registered, compared before each run and each restore into
/// it. What was not known then (null) is not compared. Why the rules are as they are: docs/decisions/0012-reading-live-devices.md.
/// </summary>
public sealed record DeviceIdentity
{
    [JsonPropertyName("kind")]
    public required DeviceKind Kind { get; init; }

    /// <summary>World wide name of a block device; of its disk, for a partition.</summary>
    [JsonPropertyName("wwn")]
    public string? Wwn { get; init; }

    /// <summary>Serial number of a block device, or the lasting id that the device mapper gave it; of its disk, for a partition.</summary>
    [JsonPropertyName("serial")]
    public string? Serial { get; init; }

    /// <summary>UUID of a partition, or where the partition begins when its table knows no ids.</summary>
    [JsonPropertyName("partition_uuid")]
    public string? PartitionUuid { get; init; }

    /// <summary>Kind and UUID of the file system, or the partition table, that a block device holds: <c>ext 4c1f…</c>.</summary>
    [JsonPropertyName("file_system_uuid")]
    public string? FileSystemUuid { get; init; }

    /// <summary>The file system that a file lies on: its UUID, or what else tells it from others across restarts. For a loop device: that
    /// of the file behind it.</summary>
    [JsonPropertyName("file_system")]
    public string? FileSystem { get; init; }

    /// <summary>Inode of a file. Tells, with its file system, a file that was replaced; that alone is no difference. For a loop device:
    /// that of the file behind it.</summary>
    [JsonPropertyName("inode")]
    public long? Inode { get; init; }

    /// <summary>Path of the file behind a loop device, with the offset where the device begins in it when that is not zero.</summary>
    [JsonPropertyName("backing_file")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BackingFile { get; init; }

    /// <summary>Size in bytes when the identity was taken.</summary>
    [JsonPropertyName("size")]
    public required long Size { get; init; }

    /// <summary>Reads what <see cref="ToText"/> wrote; null for anything else.</summary>
    public static DeviceIdentity? TryParse(string? text) =>
        !string.IsNullOrEmpty(text)
        && StoredJson.TryRead(text, DeviceIdentityJson.Default.DeviceIdentity) is { } identity
        && Enum.IsDefined(identity.Kind)
            ? identity
            : null;

    /// <summary>One line of JSON. Stored, so members are only added.</summary>
    public string ToText() => JsonSerializer.Serialize(this, DeviceIdentityJson.Default.DeviceIdentity);

    /// <summary>
    /// Why this is not the volume that was registered: sentences that name both values; none when it is the same. A disk is the same by its
    /// WWN or serial number even if its content was made anew; what has neither is known by its partition, then by what it holds. A file is
    /// the same by the file system that it lies on, so one that was replaced there is the same. Growth is no difference.
    /// </summary>
    public IReadOnlyList<string> DifferencesFrom(DeviceIdentity registered)
    {
        ArgumentNullException.ThrowIfNull(registered);
        if (Kind != registered.Kind)
            return [$"It was registered as {Word(registered.Kind)} and is {Word(Kind)} now."];

        return Kind == DeviceKind.File ? FileDifferences(registered) : BlockDeviceDifferences(registered);
    }

    private string[] FileDifferences(DeviceIdentity registered) =>
        FileSystem is null || registered.FileSystem is null || FileSystemName.AreSame(FileSystem, registered.FileSystem)
            ? []
            : [$"It lay on the file system '{registered.FileSystem}' and lies on '{FileSystem}' now: its own may not be mounted."];

    private List<string> BlockDeviceDifferences(DeviceIdentity registered)
    {
        var differences = new List<string>();
        var same = Compare("the WWN", registered.Wwn, Wwn, differences);
        if (!same)
            same = Compare("the serial number", registered.Serial, Serial, differences);

        same |= CompareBackingFile(registered, differences);

        // A disk's numbers are those of each of its partitions too.
        same |= Compare("the partition", registered.PartitionUuid, PartitionUuid, differences);
        if (same || differences.Count > 0)
            return differences;

        // Nothing but the content tells. An empty device then is another one, too.
        if (registered.FileSystemUuid is { } held && held != FileSystemUuid)
            differences.Add($"It held '{held}' and holds {(FileSystemUuid is null ? "nothing known" : $"'{FileSystemUuid}'")} now.");
        else if (registered.FileSystemUuid is null && registered.FirstId() is { } id)
            differences.Add($"It was known by {id}, which it does not tell now.");
        else if (registered.FileSystemUuid is null && Size < registered.Size)
            differences.Add($"It had {registered.Size} bytes and has {Size} now, and nothing else tells it from another.");

        return differences;
    }

    /// <summary>Whether both are known and equal.</summary>
    private static bool Compare(string what, string? then, string? now, List<string> differences)
    {
        if (then is null || now is null)
            return false;

        if (then != now)
            differences.Add($"It was registered with {what} '{then}' and has '{now}' now.");

        return then == now;
    }

    /// <summary>Loop devices get their numbers by chance, so they are what lies behind them: the same inode, or one that took its
    /// path.</summary>
    private bool CompareBackingFile(DeviceIdentity registered, List<string> differences)
    {
        if (!IsLoop() || !registered.IsLoop())
            return false;

        if (BackingFile is not null && BackingFile == registered.BackingFile)
            return true;

        // Where the file lies in a mount that this process does not see, there is its path alone.
        var same =
            Inode is not null && Inode == registered.Inode && FileSystem == registered.FileSystem && Offset() == registered.Offset();
        if (!same)
            differences.Add($"It was a loop device over {registered.BackingWord()} and is one over {BackingWord()} now.");

        return same;
    }

    private bool IsLoop() => BackingFile is not null || Inode is not null;

    private string BackingWord() => BackingFile is null ? $"inode {Inode} of '{FileSystem}'" : $"'{BackingFile}'";

    private string Offset() =>
        BackingFile is { } file && file.LastIndexOf(" from byte ", StringComparison.Ordinal) is > 0 and var at ? file[at..] : "";

    private string? FirstId() =>
        Wwn is not null ? $"the WWN '{Wwn}'"
        : Serial is not null ? $"the serial number '{Serial}'"
        : BackingFile is not null ? $"the file '{BackingFile}' behind it"
        : PartitionUuid is not null ? $"the partition '{PartitionUuid}'"
        : null;

    private static string Word(DeviceKind kind) => kind == DeviceKind.File ? "a file" : "a block device";
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(DeviceIdentity))]
internal sealed partial class DeviceIdentityJson : JsonSerializerContext;
