using Holdfast.Control.Catalog;
using Holdfast.Control.Protection;

namespace Holdfast.Control.Notifications;

/// <summary>Writes a change down with the messages that it makes, in one transaction.</summary>
internal sealed class IncidentTelling(
    Incidents incidents,
    NotifyDeliveries deliveries,
    MessageProject name,
    NotifyAudience audience,
    string? link,
    DateTimeOffset now
)
{
    public async Task WriteAsync(
        CatalogTransaction tx,
        ProjectId project,
        IncidentChange change,
        IReadOnlyList<VolumeProtection> volumes,
        CancellationToken cancel
    )
    {
        foreach (var condition in change.Opened)
        {
            var targets = audience.Of(condition.Event, condition.Severity);
            if (await incidents.OpenAsync(tx, project, condition, targets.Count > 0, now, cancel))
            {
                await deliveries.AddAsync(tx, targets, condition.Event, MessageOf(condition, condition.Since ?? now), cancel);
            }
        }

        foreach (var (was, condition, quiet) in change.Changed)
        {
            await ChangeAsync(tx, was, condition, quiet, cancel);
        }

        foreach (var ended in change.Ended)
        {
            await Incidents.ResolveAsync(tx, ended, now, cancel);
        }

        // Of a volume one message, whatever of it is over.
        foreach (var over in change.Ended.GroupBy(one => one.Volume is null ? one.Cause : one.Volume.ToString()))
        {
            var volume = volumes.FirstOrDefault(one => one.Volume == over.First().Volume);
            if (over.Where(one => Recovery.IsOne(one, volume)).ToList() is { Count: > 0 } told)
            {
                await RecoverAsync(tx, told, volume, [.. change.Conditions.Where(one => IsStillWrong(one, volume))], cancel);
            }
        }
    }

    /// <summary>That a volume is in no policy is for the digest.</summary>
    private static bool IsStillWrong(Condition one, VolumeProtection? volume) =>
        one is { MayOpen: true, Event: not NotifyEvent.VolumeUnprotected } && volume is not null && one.Volume?.Volume == volume.Volume;

    /// <summary>The same is told once, and once more when it became graver.</summary>
    private async Task ChangeAsync(CatalogTransaction tx, Incident was, Condition condition, long quiet, CancellationToken cancel)
    {
        var isGraver = condition.Severity > was.Severity;
        var targets = isGraver ? audience.Of(condition.Event, condition.Severity) : [];
        await deliveries.AddAsync(tx, targets, condition.Event, MessageOf(condition, was.Since), cancel);
        await Incidents.UpdateAsync(
            tx,
            was with
            {
                Severity = condition.Severity,
                What = condition.What,
                Told = was.Told || targets.Count > 0,
                Times = condition.Times,
                Quiet = quiet,
            },
            cancel
        );
    }

    private async Task RecoverAsync(
        CatalogTransaction tx,
        IReadOnlyList<Incident> ended,
        VolumeProtection? volume,
        IReadOnlyList<Condition> still,
        CancellationToken cancel
    )
    {
        var (kind, what) = Recovery.Of(ended, volume, still);
        var message = MessageOf(kind, NotifySeverity.Info, volume, what) with
        {
            Since = ended.Min(one => one.Since),
            Do = "holdfast status",
        };
        await deliveries.AddAsync(tx, audience.Of(kind, ended.Max(one => one.Severity)), kind, message, cancel);
    }

    private NotifyMessage MessageOf(Condition condition, DateTimeOffset since) =>
        MessageOf(condition.Event, condition.Severity, condition.Volume, condition.What) with
        {
            Since = since,
            Why = condition.Why,
            Do = condition.Do,
            Times = condition.Times,
        };

    private NotifyMessage MessageOf(NotifyEvent kind, NotifySeverity severity, VolumeProtection? volume, string what) =>
        new()
        {
            Event = NotifyNames.NameOf(kind),
            Severity = NotifyNames.NameOf(severity),
            Project = name,
            Volume = volume is null ? null : new MessageVolume(volume.Volume.ToString(), volume.Name),
            What = what,
            LastGood = volume?.Newest is { } newest ? new MessageBackup(newest.Id.ToString(), newest.BegunAt) : null,
            Link = link,
            At = now,
        };
}
