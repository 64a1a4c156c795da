namespace Holdfast.Control.Tasks;

/// <summary>The codes that a task, job or backup that did not succeed is given. From the API's table of codes; stored as they
/// are.</summary>
public static class TaskCodes
{
    /// <summary>The volume is in a state that does not allow the operation.</summary>
    public const string WrongVolumeState = "VolumeBackup.0012";

    /// <summary>The device is not the one that was registered as the volume: that is a state, too, in which it is not backed up.</summary>
    public const string AnotherDevice = WrongVolumeState;

    /// <summary>An earlier operation of the same volume has not ended.</summary>
    public const string EarlierNotEnded = "VolumeBackup.0013";

    /// <summary>The job could not be carried out: its workers died, or it was taken back.</summary>
    public const string NotHandedOver = "VolumeBackup.0014";

    /// <summary>The volume does not exist any more, or its device does not, or holds nothing.</summary>
    public const string VolumeGone = "VolumeBackup.0021";

    /// <summary>The copy failed, or was stopped at the execution limit; the message says why.</summary>
    public const string CopyFailed = "VolumeBackup.0027";

    /// <summary>The backup to delete could not be removed.</summary>
    public const string DeleteFailed = "VolumeBackup.0102";

    /// <summary>The restore failed.</summary>
    public const string RestoreFailed = "VolumeBackup.0200";

    /// <summary>The run of the policy was missed, or taken back before it began.</summary>
    public const string NotExecuted = "AutoBackup.1700";

    /// <summary>The project has as many backups as it may, or as large ones.</summary>
    public const string QuotaExceeded = "AutoBackup.0218";

    /// <summary>The volume has as many backups as one may (<c>Quotas:BackupsPerVolume</c>).</summary>
    public const string VolumeQuotaExceeded = "VolumeBackup.0040";

    /// <summary>The volume was taken from the policy before its turn came.</summary>
    public const string NotAssociated = "AutoBackup.1400";

    /// <summary>Upkeep of the repository failed. Not of the API's table: only admins see such a job.</summary>
    public const string UpkeepFailed = "Holdfast.Upkeep";
}
