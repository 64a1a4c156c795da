using Holdfast.Control.Catalog;
using Holdfast.Control.Protection;

namespace Holdfast.Control.Notifications;

/// <summary>The daily word on each project: when it is due, and what it says.</summary>
internal static class Digests
{
    /// <summary>What is wrong, of which one digest tells so much.</summary>
    public const int MostOpen = 100;

    private const string FindSql = "SELECT slot FROM notify_digest WHERE project_id = @project";
    private const string BeginSql = "INSERT INTO notify_digest (project_id, slot) VALUES (@project, @slot) ON CONFLICT DO NOTHING";
    private const string TakeSql = "UPDATE notify_digest SET slot = @slot WHERE project_id = @project AND slot = @before";

    public static async Task<long?> LastAsync(CatalogDatabase database, ProjectId project, CancellationToken cancel) =>
        await database.ReadFirstAsync<long?>(FindSql, new { project = project.Value }, cancel);

    /// <summary>Takes the digest of a slot upon this process.</summary>
    /// <param name="before">The slot of the last one; null where there was none. Then, and where that lies ahead because a clock was, the
    /// next slot is the first to be told.</param>
    /// <returns>Whether it is to be told, and now.</returns>
    public static async Task<bool> TakeAsync(
        CatalogTransaction tx,
        ProjectId project,
        long? before,
        DateTimeOffset slot,
        CancellationToken cancel
    )
    {
        var times = new { project = project.Value, slot = slot.ToUnixTimeMilliseconds(), before };
        var taken = await tx.ExecuteAsync(before is null ? BeginSql : TakeSql, times, cancel) == 1;
        return taken && before < times.slot;
    }

    /// <param name="open">What is wrong, the gravest first.</param>
    /// <param name="conditions">The same as it is now, as far as that is looked at.</param>
    /// <param name="givenUp">Messages that were given up since the last digest.</param>
    public static NotifyMessage Make(
        MessageProject project,
        IReadOnlyList<VolumeProtection> volumes,
        IReadOnlyList<Incident> open,
        IReadOnlyList<Condition> conditions,
        long givenUp,
        string? link,
        DateTimeOffset now
    )
    {
        var counts = ProtectionCounts.Of(volumes.Select(volume => volume.State));
        var severity = open.Count == 0 && counts.Total > 0 ? NotifySeverity.Info : NotifySeverity.Warning;
        severity = open.Any(one => one.Severity == NotifySeverity.Error) ? NotifySeverity.Error : severity;
        var ill = open.Where(one => one.Event is NotifyEvent.ServiceIll or NotifyEvent.RepositoryNearlyFull)
            .Select(one => one.Cause.Split('/')[^1].Replace('_', ' '))
            .Distinct();
        return new NotifyMessage
        {
            Event = NotifyNames.NameOf(NotifyEvent.Digest),
            Severity = NotifyNames.NameOf(severity),
            Project = project,
            What = counts.Sentence([.. ill], failedUpkeep: []),
            Do = "holdfast status",
            Link = link,
            At = now,
            Digest = new MessageDigest(counts, [.. open.Take(MostOpen).Select(one => Of(one, conditions))], open.Count, givenUp),
        };
    }

    private static MessageOpen Of(Incident open, IReadOnlyList<Condition> conditions)
    {
        var what = conditions.FirstOrDefault(one => one.Cause == open.Cause)?.What ?? open.What;
        var often = open.Times > 1 ? $"{Ordinals.Of(open.Times)} time, " : "";
        return new MessageOpen(
            NotifyNames.NameOf(open.Event),
            NotifyNames.NameOf(open.Severity),
            open.Volume?.ToString(),
            $"{what} ({StillOf(open.Event)}, {often}since {VolumeReason.TimeOf(open.Since)})",
            open.Since,
            open.Times
        );
    }

    private static string StillOf(NotifyEvent one) =>
        one switch
        {
            NotifyEvent.VolumeFailed or NotifyEvent.DrillFailed or NotifyEvent.UpkeepFailed => "still failing",
            NotifyEvent.VolumeOverdue => "still overdue",
            NotifyEvent.VolumeUnprotected => "still unprotected",
            NotifyEvent.VolumeDamaged or NotifyEvent.DamageFound => "still damaged",
            NotifyEvent.RepositoryNearlyFull => "still nearly full",
            _ => "still ill",
        };
}
