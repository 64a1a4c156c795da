using System.Text.Json;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>Reads what clients send of volumes.</summary>
internal static class VolumeBody
{
    private const int MaxDescription = 255;
    private const int MaxMetadata = 128;
    private const long Gib = 1L << 30;

    /// <summary>A volume to make. Size 0 where it was left out, which only a volume from a backup may do.</summary>
    /// <returns>What to make, and the backup to make it from, or null for an empty one.</returns>
    public static (NewVolume Volume, BackupId? From) ReadNew(JsonElement body)
    {
        var volume = body.ObjectMember("volume") ?? throw Bad("'volume' is missing");
        foreach (var source in (string[])["snapshot_id", "source_volid", "imageRef", "consistencygroup_id", "source_replica"])
        {
            if (volume.TextMember(source) is { Length: > 0 })
            {
                throw Bad($"'{source}' is not supported: a volume is made empty, or from a backup with 'backup_id'");
            }
        }

        RefuseKinds(volume);
        var from = volume.TextMember("backup_id") is { Length: > 0 } text
            ? BackupId.TryParse(text, null, out var id)
                ? id
                : throw BackupEndpoints.NoSuchBackup(text)
            : (BackupId?)null;
        var size = ReadSize(volume) ?? (from is null ? throw Bad("'size' is missing: whole GiB") : 0);
        return (
            new NewVolume
            {
                Name = ReadName(volume) ?? "",
                Description = ReadDescription(volume),
                Metadata = ReadMetadata(volume) ?? [],
                SizeBytes = size,
            },
            from
        );
    }

    /// <summary>Whoever names a type, a zone or a way to share relies on getting it: it is not dropped in silence.</summary>
    private static void RefuseKinds(JsonElement volume)
    {
        if (volume.TextMember("volume_type") is { Length: > 0 } type)
        {
            throw Bad($"there is no volume type '{Shortened(type)}': volumes here have no types; leave 'volume_type' out");
        }

        if (volume.TextMember("availability_zone") is { Length: > 0 } zone && zone != VolumeWire.Zone)
        {
            throw Bad($"there is no availability zone '{Shortened(zone)}': there is '{VolumeWire.Zone}'; leave 'availability_zone' out");
        }

        if (volume.SwitchMember("multiattach") == true)
        {
            throw Bad("'multiattach' cannot be true: nothing here attaches volumes");
        }
    }

    public static VolumeChange ReadChange(JsonElement body)
    {
        var volume = body.ObjectMember("volume") ?? throw Bad("'volume' is missing");
        var (name, metadata) = (ReadName(volume), ReadMetadata(volume));
        return new VolumeChange(string.IsNullOrEmpty(name) ? null : name, ReadDescription(volume), metadata is null ? null : _ => metadata);
    }

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

    private static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    private static string? ReadName(JsonElement volume)
    {
        var name = volume.TextMember("name") ?? volume.TextMember("display_name");
        return !string.IsNullOrEmpty(name) && VolumeStore.NameTrouble(name) is { } trouble ? throw Bad(trouble) : name;
    }

    private static string? ReadDescription(JsonElement volume)
    {
        var text = volume.TextMember("description") ?? volume.TextMember("display_description");
        return text is null || text.EnumerateRunes().Count() <= MaxDescription
            ? text
            : throw Bad($"'description' has at most {MaxDescription} characters");
    }

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
            : throw Bad($"'size' is 1 to {OwnedVolumes.MaxSizeBytes / Gib} whole GiB, not {Shortened(text)}");
    }

    /// <summary>The member <c>metadata</c>, or null when it is absent.</summary>
    public static Dictionary<string, string>? ReadMetadata(JsonElement holder)
    {
        if (holder.ObjectMember("metadata") is not { } given)
        {
            return null;
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in given.EnumerateObject())
        {
            var (key, value) = (
                RequestBody.NameOf(member),
                member.Value.ValueKind == JsonValueKind.String
                    ? RequestBody.TextOf(member.Value, "metadata")
                    : throw Bad("the values of 'metadata' are strings")
            );
            if (key.Length is 0 or > 255 || value.Length > 255)
            {
                throw Bad("a key of 'metadata' has 1 to 255 characters, a value at most 255");
            }

            metadata[key] = value;
        }

        return Counted(metadata);
    }

    private static Dictionary<string, string> Counted(Dictionary<string, string> metadata) =>
        metadata.Count <= MaxMetadata ? metadata : throw Bad($"'metadata' has at most {MaxMetadata} members");

    private static string Shortened(string text) => text.Length <= 40 ? text : $"{text[..40]}…";
}
