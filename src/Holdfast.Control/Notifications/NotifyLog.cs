using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Notifications;

/// <summary>Log messages of notifications: 4600 to 4699.</summary>
internal static partial class NotifyLog
{
    [LoggerMessage(4600, LogLevel.Warning, "Message {Delivery} did not reach target {Target}, attempt {Attempt} of {Most}: {Answer}")]
    public static partial void NotDelivered(
        ILogger log,
        NotifyDeliveryId delivery,
        NotifyTargetId target,
        int attempt,
        int most,
        string answer
    );
}
