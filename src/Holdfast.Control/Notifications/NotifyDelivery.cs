namespace Holdfast.Control.Notifications;

/// <summary>Where a message is. The numbers are stored.</summary>
public enum NotifyState
{
    Waiting = 1,
    Delivered = 2,

    /// <summary>Tried for a day, or a test that did not come through.</summary>
    GivenUp = 3,
}

/// <summary>A message to a target, and what came of it.</summary>
/// <param name="Attempts">Begun.</param>
/// <param name="NextTryAt">Null once it has ended.</param>
/// <param name="LastStatus">Of HTTP or SMTP; null where nothing was answered.</param>
/// <param name="LastAnswer">At most <see cref="SendResult.MostAnswer"/> characters of what was answered, or of what went wrong.</param>
public sealed record NotifyDelivery(
    NotifyDeliveryId Id,
    NotifyTargetId Target,
    string TargetName,
    NotifyEvent Event,
    NotifySeverity Severity,
    string What,
    NotifyState State,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextTryAt,
    DateTimeOffset? EndedAt,
    int? LastStatus,
    string? LastAnswer
);

/// <summary>A message that this process has claimed to send.</summary>
internal sealed record ClaimedDelivery(
    NotifyDeliveryId Id,
    ProjectId Project,
    NotifyTargetId Target,
    NotifyEvent Event,
    string Payload,
    int Attempts,
    string Owner
);

/// <summary>What the other side said.</summary>
/// <param name="Status">Of HTTP or SMTP; null where nothing was answered.</param>
/// <param name="Answer">What was answered, or what went wrong, cut and on one line.</param>
public sealed record SendResult(bool IsDelivered, int? Status, string Answer)
{
    public const int MostAnswer = 200;

    internal static SendResult Of(bool delivered, int? status, string answer)
    {
        var line = string.Concat(answer.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)).Trim();
        return new(delivered, status, line.Length <= MostAnswer ? line : line[..MostAnswer]);
    }
}
