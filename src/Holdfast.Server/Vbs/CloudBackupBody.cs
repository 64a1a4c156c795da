using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Backups;
using Holdfast.Control.Policies;
using Holdfast.Server.Http;
using Holdfast.Server.OpenStack;

namespace Holdfast.Server.Vbs;

/// <summary>Reads what orders a backup, and refuses the first thing that is wrong with it: types, what is missing, the rules of single
/// members in the order of the contract's table (section 5.1), the limit of tags.</summary>
internal static class CloudBackupBody
{
    private const int MaxDescription = 64;

    public static BackupOrder Read(JsonElement backup)
    {
        var (volume, name, snapshot, description) = (
            backup.TextMember("volume_id"),
            backup.TextMember("name"),
            backup.TextMember("snapshot_id"),
            backup.TextMember("description")
        );
        var given = TagReading.Read(backup.ArrayMember("tags"));
        var full = backup.ObjectMember("extend_param")?.SwitchMember("FullBackup") ?? false;
        volume = string.IsNullOrEmpty(volume) ? throw VbsErrors.NoVolumeId() : volume;
        name = string.IsNullOrEmpty(name) ? throw VbsErrors.NoBackupName() : name;
        TagReading.RefuseMissing(given, VbsErrors.BackupTag);
        var id = VolumeId.TryParse(volume, null, out var parsed) ? parsed : throw VbsErrors.VolumeIdMalformed(volume);
        CheckName(name);
        if (snapshot is { Length: > 0 })
        {
            throw VbsErrors.NoSuchSnapshot(snapshot);
        }

        if (
            description is not null
            && (description.EnumerateRunes().Count() > MaxDescription || description.AsSpan().IndexOfAny('<', '>') >= 0)
        )
        {
            throw VbsErrors.BackupDescription();
        }

        var tags = TagReading.Check(given, VbsErrors.BackupTag);
        return new BackupOrder
        {
            Volume = id,
            Name = name,
            Description = description,
            Tags = tags.Count <= PolicyTags.Most ? tags : throw VbsErrors.TooManyBackupTags(PolicyTags.Most),
            Full = full,
        };
    }

    private static void CheckName(string name)
    {
        switch (BackupNameRule.TroubleOf(name)?.Fault)
        {
            case BackupNameFault.TooLong:
                throw VbsErrors.BackupNameTooLong();
            case BackupNameFault.Characters:
                throw VbsErrors.BackupName();
            case BackupNameFault.Reserved:
                throw VbsErrors.BackupNameReserved();
        }
    }
}
