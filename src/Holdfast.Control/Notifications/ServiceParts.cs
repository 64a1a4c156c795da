namespace Holdfast.Control.Notifications;

/// <summary>How one thing is on which the service stands, as its process sees it.</summary>
/// <param name="Name">As <c>/healthz</c> has it; <see cref="FreeSpace"/> is that little space is left.</param>
/// <param name="Trouble">A sentence, without paths, addresses and names; null when it is well.</param>
/// <param name="Do">A command line that shows more.</param>
public sealed record ServicePart(string Name, string? Trouble, string Do)
{
    public const string FreeSpace = "free_space";
}

/// <summary>What this process sees of the things that it stands on. Who runs the service knows how to look.</summary>
/// <param name="Machine">Its name: what one machine sees, another does not take back.</param>
public sealed record ServiceParts(string Machine, Func<Task<IReadOnlyList<ServicePart>>> LookAsync);

/// <summary>What is wrong with the parts. One that is ill at one look and well at the next was busy, and nobody is told.</summary>
internal sealed class PartWatch(ServiceParts parts, TimeProvider clock)
{
    /// <summary>How long a part is ill before somebody is told.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Seen, DateTimeOffset At)> _ill = [];

    public string Machine => parts.Machine;

    public async Task<IReadOnlyList<Condition>> LookAsync(DateTimeOffset now)
    {
        var conditions = new List<Condition>();
        foreach (var part in await parts.LookAsync())
        {
            if (part.Trouble is not { } trouble)
            {
                _ill.Remove(part.Name);
                continue;
            }

            if (!_ill.TryGetValue(part.Name, out var since))
            {
                _ill[part.Name] = since = (clock.GetTimestamp(), now);
            }

            var kind = part.Name == ServicePart.FreeSpace ? NotifyEvent.RepositoryNearlyFull : NotifyEvent.ServiceIll;
            conditions.Add(
                new Condition(
                    kind,
                    Condition.CauseOf(kind, parts.Machine, part.Name),
                    NotifySeverity.Error,
                    Volume: null,
                    trouble,
                    Why: null,
                    part.Do,
                    since.At,
                    Times: 1,
                    MayOpen: clock.GetElapsedTime(since.Seen) >= Patience
                )
            );
        }

        return conditions;
    }
}
