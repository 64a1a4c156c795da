using Holdfast.Control.Volumes;
using Holdfast.Engine.Devices;

namespace Holdfast.Server.OpenStack;

/// <summary>A volume as Cinder shows it, with what is ours under a prefix of our own where that is asked for.</summary>
internal static class VolumeWire
{
    /// <summary>The service's own zone, for what names none.</summary>
    public const string Zone = "nova";

    /// <summary>The service's own type, Cinder's name of it.</summary>
    public const string DefaultType = "__DEFAULT__";

    /// <summary>What the VBS API calls the place of a volume.</summary>
    public const string Host = "holdfast";

    /// <summary>Host and backend, as block storage services name their parts.</summary>
    public const string Backend = "holdfast@local";

    /// <summary>Host, backend and pool, as block storage services tell where a volume is.</summary>
    public const string Pool = "holdfast@local#local";

    /// <summary>For answers to GET, which tell more than others.</summary>
    public static VolumeAnswer Shown(Volume volume, NativeView view)
    {
        var changed = Changed(volume, view);
        return view.IsAdmin
            ? changed with
            {
                Host = Pool,
                TenantId = volume.Project.Value,
                Migstat = new(null),
                NameId = new(null),
            }
            : changed with
            {
                TenantId = volume.Project.Value,
            };
    }

    /// <summary>For answers to POST, before anything happened to the volume.</summary>
    public static VolumeAnswer Made(Volume volume, NativeView view) => Changed(volume, view) with { UpdatedAt = null };

    /// <summary>For answers to PUT.</summary>
    public static VolumeAnswer Changed(Volume volume, NativeView view)
    {
        var answer = new VolumeAnswer
        {
            Id = volume.Id.ToString(),
            Status = NameOf(volume.Status),
            Size = volume.SizeGib,
            AvailabilityZone = volume.Zone ?? Zone,
            CreatedAt = volume.CreatedAt,
            UpdatedAt = volume.UpdatedAt,
            Name = volume.Name.Length == 0 ? null : volume.Name,
            Description = volume.Description,
            VolumeType = volume.Type ?? DefaultType,
            Metadata = volume.Metadata,
            Links = LinksOf(volume, view),
            UserId = volume.User ?? "",
            MigrationStatus = view.IsAdmin ? new(null) : default,
            GroupId = view.MicroVersion.Minor >= 13 ? new(null) : default,
            ProviderId = view.IsAdmin && view.MicroVersion.Minor >= 21 ? new(null) : default,
        };
        return view.HasOwn
            ? answer with
            {
                Source = new(view.IsAdmin ? volume.Source : null),
                SizeBytes = volume.SizeBytes,
                Managed = volume.IsOwned,
                Identity = new(view.IsAdmin ? IdentityOf(DeviceIdentity.TryParse(volume.Identity)) : null),
                LastProof = new(volume.ProvenAt is { } at ? new ProofAnswer(at, volume.ProvenBackup?.ToString()) : null),
            }
            : answer;
    }

    public static SummaryAnswer Summary(Volume volume, NativeView view) =>
        new(volume.Id.ToString(), volume.Name.Length == 0 ? null : volume.Name, LinksOf(volume, view));

    public static string NameOf(VolumeStatus status) =>
        status switch
        {
            VolumeStatus.Available => "available",
            VolumeStatus.BackingUp => "backing-up",
            VolumeStatus.Restoring => "restoring-backup",
            _ => "error",
        };

    private static IdentityAnswer? IdentityOf(DeviceIdentity? identity) =>
        identity is null
            ? null
            : new()
            {
                Kind = identity.Kind == DeviceKind.File ? "file" : "block",
                Wwn = identity.Wwn,
                Serial = identity.Serial,
                PartitionUuid = identity.PartitionUuid,
                FileSystemUuid = identity.FileSystemUuid,
                FileSystem = identity.FileSystem,
                Inode = identity.Inode,
                BackingFile = identity.BackingFile,
                Size = identity.Size,
            };

    private static IReadOnlyList<LinkAnswer> LinksOf(Volume volume, NativeView view) =>
        LinkAnswer.Of(view.Address, view.Version, $"/{view.Project}/volumes/{volume.Id}");
}
