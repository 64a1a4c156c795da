using System.Text.Json;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>Reads what clients send of volumes.</summary>
internal static class VolumeBody
{
    private const int MaxMetadata = 128;
    private const long Gib = 1L << 30;
    private const string Hints = "scheduler_hints";

    /// <summary>Ways to say what a volume is called and described by; the older ones begin with <c>display_</c>.</summary>
    private static readonly string[] Words = ["name", "display_name", "description", "display_description", "metadata"];

    /// <summary>Members whose only value here is what old clients send of every volume.</summary>
    private static readonly Dictionary<string, string> Constants = new(StringComparer.Ordinal)
    {
        ["status"] = "creating",
        ["attach_status"] = "detached",
    };

    /// <summary>What a volume could be made from and is not here: the word for it, and whether one that is asked for is missing (404) or
    /// the asking is wrong (400).</summary>
    private static readonly Dictionary<string, (string Noun, int Status)> Origins = new(StringComparer.Ordinal)
    {
        ["snapshot_id"] = ("Snapshot", StatusCodes.Status404NotFound),
        ["consistencygroup_id"] = ("Group", StatusCodes.Status404NotFound),
        ["group_id"] = ("Group", StatusCodes.Status404NotFound),
        ["source_replica"] = ("Replica", StatusCodes.Status404NotFound),
        ["imageRef"] = ("Image", StatusCodes.Status400BadRequest),
        ["image_id"] = ("Image", StatusCodes.Status400BadRequest),
    };

    /// <summary>A volume to make. Size 0 where it was left out, which only a volume from a backup may do.</summary>
    /// <param name="known">The project's volumes.</param>
    /// <returns>What to make, and the backup to make it from, or null for an empty one.</returns>
    public static (NewVolume Volume, BackupId? From) ReadNew(JsonElement body, IReadOnlyList<Volume> known)
    {
        var volume = body.ReadHolder("volume", "OS-SCH-HNT:scheduler_hints");
        RefuseHints(body, "OS-SCH-HNT:scheduler_hints");
        volume.RefuseOthers(
            "volume",
            [
                .. Words,
                .. Constants.Keys,
                .. Origins.Keys,
                "source_volid",
                "size",
                "volume_type",
                "availability_zone",
                "multiattach",
                "backup_id",
                Hints,
            ]
        );
        RefuseHints(volume, Hints);
        foreach (var (name, value) in Constants)
        {
            if (volume.TextMember(name) is { Length: > 0 } said && said != value)
            {
                throw RequestMembers.Bad($"'{name}' of a new volume is '{value}', not '{RequestMembers.Shortened(said)}'; leave it out");
            }
        }

        RefuseOrigins(volume, known);
        if (volume.SwitchMember("multiattach") == true)
        {
            throw RequestMembers.Bad("'multiattach' cannot be true: nothing here attaches volumes; leave it out");
        }

        var from = volume.TextMember("backup_id") is { Length: > 0 } text
            ? BackupId.TryParse(text, null, out var id)
                ? id
                : throw BackupEndpoints.NoSuchBackup(text)
            : (BackupId?)null;
        var size = ReadSize(volume) ?? (from is null ? throw RequestMembers.Bad("'size' is missing: whole GiB") : 0);
        return (
            new NewVolume
            {
                Name = ReadName(volume) ?? "",
                Description = ReadDescription(volume),
                Metadata = ReadMetadata(volume) ?? [],
                Type = ReadType(volume, known),
                Zone = ReadZone(volume),
                SizeBytes = size,
            },
            from
        );
    }

    /// <summary>What is said of a device that is to be registered, and its address.</summary>
    /// <param name="known">The project's volumes.</param>
    public static (VolumeWords Words, string Source) ReadRegistered(JsonElement body, IReadOnlyList<Volume> known)
    {
        var volume = body.ReadHolder("volume");
        volume.RefuseOthers(
            "volume",
            "name",
            "description",
            "metadata",
            "volume_type",
            "availability_zone",
            "host",
            "cluster",
            "bootable",
            "ref"
        );
        if (volume.SwitchMember("bootable") == true)
        {
            throw RequestMembers.Bad("'bootable' cannot be true: nothing here starts a machine from a volume; leave it out");
        }

        // There is one place, by the names that it is shown under.
        if (volume.ShortText("host") is { } host && host is not (VolumeWire.Host or VolumeWire.Backend or VolumeWire.Pool))
        {
            throw RequestMembers.Bad(
                $"Host '{RequestMembers.Shortened(host)}' not found; there is '{VolumeWire.Pool}', or leave 'host' out"
            );
        }

        if (volume.ShortText("cluster") is { } cluster)
        {
            throw RequestMembers.Bad($"Cluster '{RequestMembers.Shortened(cluster)}' not found: there are none; leave 'cluster' out");
        }

        var reference =
            volume.ObjectMember("ref")
            ?? throw RequestMembers.Bad("'ref' is missing: it names the device, {\"source-name\": \"file:///…\"}");
        reference.RefuseOthers("ref", "source-name");
        var source = reference.TextMember("source-name") ?? throw RequestMembers.Bad("'source-name' is missing");
        return (
            new VolumeWords
            {
                Name = volume.TextMember("name") is { Length: > 0 } given ? given : source[(source.LastIndexOf('/') + 1)..],
                Description = ReadDescription(volume),
                Metadata = ReadMetadata(volume) ?? [],
                Type = ReadType(volume, known),
                Zone = ReadZone(volume),
            },
            source
        );
    }

    private static void RefuseHints(JsonElement holder, string name)
    {
        if (holder.ObjectMember(name) is { } hints && hints.EnumerateObject().Any())
        {
            throw RequestMembers.Bad($"'{name}' holds hints, and there is one place for volumes; leave them out");
        }
    }

    private static void RefuseOrigins(JsonElement volume, IReadOnlyList<Volume> known)
    {
        foreach (var (name, (noun, status)) in Origins)
        {
            if (volume.TextMember(name) is { Length: > 0 } wanted)
            {
                throw VbsErrors.Native(
                    status,
                    $"{noun} {RequestMembers.Shortened(wanted)} could not be found: '{name}' is not supported, "
                        + "a volume is made empty, or from a backup with 'backup_id'"
                );
            }
        }

        if (volume.TextMember("source_volid") is { Length: > 0 } source)
        {
            throw known.Any(volume => volume.Id.ToString() == source)
                ? RequestMembers.Bad("'source_volid' is not supported: back the volume up, and make the new one from that with 'backup_id'")
                : VbsErrors.Native(
                    StatusCodes.Status404NotFound,
                    $"Volume {RequestMembers.Shortened(source)} could not be found: it is what 'source_volid' names"
                );
        }
    }

    private static string? ReadType(JsonElement volume, IReadOnlyList<Volume> known)
    {
        if (volume.PrintableText("volume_type") is not { Length: > 0 } wanted)
        {
            return null;
        }

        var name =
            TypeEndpoints.NameOf(wanted, known.Select(one => one.Type))
            ?? throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"Volume type {wanted} could not be found: 'volume_type' is a name of any kind, or an id that the list of types has"
            );
        return name == VolumeWire.DefaultType ? null : name;
    }

    private static string? ReadZone(JsonElement volume) =>
        volume.PrintableText("availability_zone") is { Length: > 0 } zone && zone != VolumeWire.Zone ? zone : null;

    public static VolumeChange ReadChange(JsonElement body)
    {
        var volume = body.ReadHolder("volume");
        volume.RefuseOthers("volume", [.. Words, "holdfast:accept_device"]);
        var (name, metadata) = (ReadName(volume), ReadMetadata(volume));
        return new VolumeChange(string.IsNullOrEmpty(name) ? null : name, ReadDescription(volume), metadata is null ? null : _ => metadata);
    }

    /// <summary>Whether what is at the volume's address now is to be taken for it. Text forms of true and false are taken as
    /// everywhere.</summary>
    public static bool ReadAcceptDevice(JsonElement body) => body.ObjectMember("volume")?.SwitchMember("holdfast:accept_device") == true;

    /// <summary>What a volume has with what is sent over it.</summary>
    public static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> old, IReadOnlyDictionary<string, string> sent)
    {
        var merged = new Dictionary<string, string>(old, StringComparer.Ordinal);
        foreach (var (key, value) in sent)
        {
            merged[key] = value;
        }

        return Counted(merged);
    }

    private static string? ReadName(JsonElement volume)
    {
        var name = (volume.ShortText("name") ?? volume.ShortText("display_name"))?.Trim();
        return !string.IsNullOrEmpty(name) && VolumeStore.NameTrouble(name) is { } trouble ? throw RequestMembers.Bad(trouble) : name;
    }

    private static string? ReadDescription(JsonElement volume) =>
        (volume.ShortText("description") ?? volume.ShortText("display_description"))?.Trim();

    /// <summary>Bytes; the request says whole GiB, as a number or a text.</summary>
    private static long? ReadSize(JsonElement volume)
    {
        if (volume.Member("size") is not { } member)
        {
            return null;
        }

        var text = member.ValueKind == JsonValueKind.String ? RequestBody.TextOf(member, "size") : member.GetRawText();
        return text.All(char.IsAsciiDigit) && long.TryParse(text, out var size) && size >= 1 && size <= OwnedVolumes.MaxSizeBytes / Gib
            ? size * Gib
            : throw RequestMembers.Bad($"'size' is 1 to {OwnedVolumes.MaxSizeBytes / Gib} whole GiB, not {RequestMembers.Shortened(text)}");
    }

    /// <summary>The member <c>metadata</c>, or null when it is absent.</summary>
    public static Dictionary<string, string>? ReadMetadata(JsonElement holder) =>
        holder.ReadTexts("metadata") is { } metadata ? Counted(metadata) : null;

    private static Dictionary<string, string> Counted(Dictionary<string, string> metadata) =>
        metadata.Count <= MaxMetadata ? metadata : throw RequestMembers.Bad($"'metadata' has at most {MaxMetadata} members");
}
