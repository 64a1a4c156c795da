namespace Holdfast.Control.Notifications;

/// <summary>How a target is reached. The numbers are stored.</summary>
public enum NotifyKind
{
    Webhook = 1,
    Email = 2,
}

/// <summary>Who is told. What a webhook's messages are signed with is never read back.</summary>
/// <param name="Address">A URL, or addresses of mail with commas between.</param>
public sealed record NotifyTarget(
    NotifyTargetId Id,
    ProjectId Project,
    string Name,
    NotifyKind Kind,
    string Address,
    DateTimeOffset CreatedAt
);

/// <summary>What a target is to be. Of a change, what is null stays.</summary>
/// <param name="Kind">Of a change: as it is.</param>
/// <param name="Secret">Of a webhook alone; where a new one gets none, one is made up.</param>
public sealed record NotifyTargetDraft(string? Name, NotifyKind Kind, string? Address, string? Secret);

/// <summary>What a target is told.</summary>
/// <param name="Events">Null for the usual ones: <see cref="NotifyNames.Usual"/>.</param>
/// <param name="Least">Nothing less grave is told. What is over is as grave as it was.</param>
public sealed record NotifyRule(
    NotifyRuleId Id,
    ProjectId Project,
    NotifyTargetId Target,
    IReadOnlyList<NotifyEvent>? Events,
    NotifySeverity Least,
    DateTimeOffset CreatedAt
)
{
    public bool Wants(NotifyEvent one, NotifySeverity severity) =>
        severity >= Least && (Events ?? NotifyNames.Usual).Contains(one);
}

/// <summary>What became of an order to make or change a target or a rule.</summary>
public abstract record NotifyOutcome<T>
{
    private NotifyOutcome() { }

    /// <param name="Secret">Where one was made up: told this once.</param>
    public sealed record Done(T Made, string? Secret = null) : NotifyOutcome<T>;

    /// <summary>There is no such target, or rule.</summary>
    public sealed record NotThere : NotifyOutcome<T>;

    /// <param name="Why">What is wrong, as the end of a sentence.</param>
    public sealed record Refused(string Why) : NotifyOutcome<T>;

    /// <summary>Another has the name, or the project has as many as it may.</summary>
    public sealed record Conflict(string Why) : NotifyOutcome<T>;
}
