using Holdfast.Control.Projects;

namespace Holdfast.Control.Notifications;

/// <summary>Tries whether a message comes through.</summary>
public sealed class NotifyTest(
    ProjectStore projects,
    NotifyTargets targets,
    NotifyDeliveries deliveries,
    NotifyPost post,
    NotificationSettings settings,
    TimeProvider clock
)
{
    /// <summary>Sends a message now, once, and tells what the other side said. It is among the target's messages.</summary>
    /// <returns>Null where there is no such target.</returns>
    public async Task<SendResult?> RunAsync(ProjectId project, NotifyTargetId id, CancellationToken cancel)
    {
        if (await targets.FindSecretAsync(project, id, cancel) is not { } to)
        {
            return null;
        }

        var name = (await projects.FindAsync(project, cancel))?.Name ?? "";
        var message = new NotifyMessage
        {
            Event = NotifyNames.NameOf(NotifyEvent.Test),
            Severity = NotifyNames.NameOf(NotifySeverity.Info),
            Project = new MessageProject(project.Value, name),
            What = $"This is a test of the target '{to.Target.Name}'. Nothing is wrong.",
            Link = settings.Link,
            At = clock.GetUtcNow(),
        };
        var delivery = NotifyDeliveryId.New(clock);
        var result = await post.SendAsync(to.Target, to.Secret, delivery, NotifyEvent.Test, message.ToJson(), cancel);
        await deliveries.AddEndedAsync(delivery, id, NotifyEvent.Test, message, result, cancel);
        return result;
    }
}
