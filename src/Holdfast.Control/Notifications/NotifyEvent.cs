using System.Collections.Frozen;
using System.Text.Json;

namespace Holdfast.Control.Notifications;

/// <summary>What somebody may be told. The numbers are stored: they are never changed, only added to.</summary>
public enum NotifyEvent
{
    /// <summary>The last order to back a volume up failed.</summary>
    VolumeFailed = 1,

    /// <summary>What was told of a volume is over.</summary>
    VolumeRecovered = 2,

    /// <summary>A volume's newest good backup is older than its policy wants.</summary>
    VolumeOverdue = 3,

    /// <summary>A volume is in no policy that is on. Not among the usual ones: it stands in the digest.</summary>
    VolumeUnprotected = 4,

    /// <summary>Backups of a volume cannot be restored whole.</summary>
    VolumeDamaged = 5,

    /// <summary>A drill did not prove that a volume can be restored.</summary>
    DrillFailed = 6,

    /// <summary>A check of the repository found damage, or could not be done.</summary>
    DamageFound = 7,

    /// <summary>Little space is left where the repository, or the service's data folder, is.</summary>
    RepositoryNearlyFull = 8,

    /// <summary>Something is ill that the service stands on.</summary>
    ServiceIll = 9,

    /// <summary>What was told of the service or its repository is over.</summary>
    ServiceRecovered = 10,

    /// <summary>Once a day: how all is, also where all is well.</summary>
    Digest = 11,

    /// <summary>Somebody tries whether a message comes through. No rule names it.</summary>
    Test = 12,

    /// <summary>The last prune, second copy or export of the catalog failed. A check is told as <see cref="DamageFound"/>.</summary>
    UpkeepFailed = 13,
}

/// <summary>How grave it is. The numbers are stored.</summary>
public enum NotifySeverity
{
    Info = 1,
    Warning = 2,
    Error = 3,
}

/// <summary>What events and severities are called, everywhere.</summary>
public static class NotifyNames
{
    private static readonly FrozenDictionary<string, NotifyEvent> Events = Enum.GetValues<NotifyEvent>().ToFrozenDictionary(NameOf);
    private static readonly FrozenDictionary<string, NotifySeverity> Severities = Enum.GetValues<NotifySeverity>()
        .ToFrozenDictionary(NameOf);

    /// <summary>Those that a rule may name.</summary>
    public static IReadOnlyList<NotifyEvent> InRules { get; } =
        [.. Enum.GetValues<NotifyEvent>().Where(one => one != NotifyEvent.Test)];

    /// <summary>Those of a rule that names none.</summary>
    public static IReadOnlyList<NotifyEvent> Usual { get; } = [.. InRules.Where(one => one != NotifyEvent.VolumeUnprotected)];

    /// <summary><c>volume_failed</c> and so on.</summary>
    public static string NameOf(NotifyEvent one) => JsonNamingPolicy.SnakeCaseLower.ConvertName(one.ToString());

    /// <summary><c>info</c>, <c>warning</c> or <c>error</c>.</summary>
    public static string NameOf(NotifySeverity one) => JsonNamingPolicy.SnakeCaseLower.ConvertName(one.ToString());

    /// <summary>An event that a rule may name, or null.</summary>
    public static NotifyEvent? EventOf(string name) =>
        Events.TryGetValue(name, out var found) && found != NotifyEvent.Test ? found : null;

    public static NotifySeverity? SeverityOf(string name) => Severities.TryGetValue(name, out var found) ? found : null;
}
