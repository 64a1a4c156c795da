using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Notifications;

/// <summary>Sends what waits, a few messages at once, and tries again what did not come through.</summary>
public sealed class NotifySender(
    CatalogDatabase database,
    NotifyDeliveries deliveries,
    NotifyTargets targets,
    NotifyPost post,
    TimeProvider clock,
    ILogger<NotifySender> log
) : LoopService(clock, log)
{
    /// <summary>Messages that are on their way at once: a receiver that does not answer keeps few others waiting.</summary>
    private const int AtOnce = 8;

    private static readonly TimeSpan Tidying = TimeSpan.FromHours(1);

    private readonly TimeProvider _clock = clock;
    private long? _tidied;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(10);

    protected override WakeSignal? Signal => deliveries.Waiting;

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        await TidyAsync(now, cancel);
        var claimed = new List<ClaimedDelivery>();
        while (
            claimed.Count < AtOnce
            && await deliveries.ClaimAsync(Guid.CreateVersion7(now).ToString("N"), now, cancel) is { } next
        )
        {
            claimed.Add(next);
        }

        await Task.WhenAll(claimed.Select(one => SendAsync(one, cancel)));
        return claimed.Count == AtOnce;
    }

    private async Task SendAsync(ClaimedDelivery claimed, CancellationToken cancel)
    {
        SendResult result;
        try
        {
            // One whose target went meanwhile went with it.
            if (await targets.FindSecretAsync(claimed.Project, claimed.Target, cancel) is not { } to)
            {
                return;
            }

            result = await post.SendAsync(to.Target, to.Secret, claimed.Id, claimed.Event, claimed.Payload, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await deliveries.ReleaseAsync(claimed, CancellationToken.None);
            throw;
        }

        await deliveries.EndAttemptAsync(claimed, result, CancellationToken.None);
        if (!result.IsDelivered)
        {
            NotifyLog.NotDelivered(log, claimed.Id, claimed.Target, claimed.Attempts, NotifyDeliveries.MostAttempts, result.Answer);
        }
    }

    private async Task TidyAsync(DateTimeOffset now, CancellationToken cancel)
    {
        if (_tidied is { } at && _clock.GetElapsedTime(at) < Tidying)
        {
            return;
        }

        await using var tx = await database.BeginAsync(cancel);
        await NotifyDeliveries.RemoveAsync(tx, now - NotifyDeliveries.Kept, cancel);
        await Incidents.RemoveAsync(tx, now - NotifyDeliveries.Kept, cancel);
        await Sights.TidyAsync(tx, cancel);
        await tx.CommitAsync(cancel);
        _tidied = _clock.GetTimestamp();
    }
}
