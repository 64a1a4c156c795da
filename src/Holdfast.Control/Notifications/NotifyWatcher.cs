using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Processes;
using Holdfast.Control.Protection;
using Holdfast.Control.Upkeep;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Notifications;

/// <summary>
/// Compares what is wrong with what was told, and writes messages about the difference. It looks at what the catalog says now, whatever
/// came in between: so nothing is lost by a crash or a restart, and any number of processes tell it once. See
/// docs/decisions/0034-notifications.md.
/// </summary>
internal sealed class NotifyWatcher(
    CatalogDatabase database,
    ProtectionStore protection,
    ProcessStore processes,
    NotifyDeliveries deliveries,
    JobStore jobs,
    UpkeepEnds upkeep,
    ServiceParts parts,
    NotificationSettings settings,
    TimeProvider clock,
    ILogger<NotifyWatcher> log
) : LoopService(clock, log)
{
    /// <summary>Between two looks, however many jobs end: a look reads all volumes.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private const string ProjectsSql = """
        SELECT p.id AS Id, p.name AS Name FROM project p
        WHERE EXISTS (SELECT 1 FROM notify_target t WHERE t.project_id = p.id) ORDER BY p.id
        """;

    private readonly TimeProvider _clock = clock;
    private readonly Incidents _incidents = new(database, clock);
    private readonly PartWatch _parts = new(parts, clock);
    private long? _looked;
    private bool _isSoon;

    protected override TimeSpan Interval => _isSoon ? Pause : TimeSpan.FromMinutes(1);

    protected override WakeSignal? Signal => jobs.Ended;

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        _isSoon = _looked is { } last && _clock.GetElapsedTime(last) < Pause;
        if (!_isSoon)
        {
            await LookAsync(now, cancel);
            _looked = _clock.GetTimestamp();
        }

        return false;
    }

    /// <summary>Looks at every project that has a target.</summary>
    internal async Task LookAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var projects = await database.ReadAllAsync<ProjectRow>(ProjectsSql, null, cancel);
        if (projects.Count == 0)
        {
            return;
        }

        IReadOnlyList<Condition> service =
            [.. await _parts.LookAsync(now), .. Condition.OfUpkeep(await upkeep.ListFailedAsync(cancel))];
        ProjectId? only = projects.Count == 1 ? new ProjectId(projects[0].Id) : null;
        var volumes = (await protection.ListAsync(only, cancel)).ToLookup(volume => volume.Project);
        foreach (var project in projects)
        {
            var (id, of) = (new ProjectId(project.Id), new MessageProject(project.Id, project.Name));
            await LookAtAsync(id, of, [.. volumes[id]], service, now, cancel);
            await DigestAsync(id, of, [.. volumes[id]], service, now, cancel);
        }
    }

    /// <summary>Nothing is written where nothing changed. Where something did, all is read again by whoever has the turn: what this
    /// process saw may have been told, and be over, since.</summary>
    private async Task LookAtAsync(
        ProjectId project,
        MessageProject name,
        IReadOnlyList<VolumeProtection> volumes,
        IReadOnlyList<Condition> service,
        DateTimeOffset now,
        CancellationToken cancel
    )
    {
        var open = await _incidents.ListAsync(project, cancel);
        var known = await MachinesAsync(open, cancel);
        var change = IncidentChange.Of([.. Condition.OfVolumes(volumes, now), .. service], open, volumes, IsOurs);
        if (change.IsNothing && !await Sights.AnyAsync(database, project, cancel))
        {
            return;
        }

        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.Notify, cancel);
        volumes = await protection.ListAsync(project, cancel);
        open = await Incidents.ListAsync(tx, project, cancel);
        change = IncidentChange.Of([.. Condition.OfVolumes(volumes, now), .. service], open, volumes, IsOurs);
        change = change.With(await Sights.TakeAsync(tx, project, cancel), open, volumes);
        var audience = await NotifyAudience.OfAsync(tx, project, cancel);
        var telling = new IncidentTelling(_incidents, deliveries, name, audience, settings.Link, now);
        await telling.WriteAsync(tx, project, change, volumes, cancel);
        await tx.CommitAsync(cancel);
        deliveries.Waiting.Wake();

        // What another machine saw, it takes back; where that machine has gone, anybody does.
        bool IsOurs(Incident incident) =>
            MachineOf(incident) is not { } machine || machine == _parts.Machine || !known.Contains(machine);
    }

    private async Task DigestAsync(
        ProjectId project,
        MessageProject name,
        IReadOnlyList<VolumeProtection> volumes,
        IReadOnlyList<Condition> service,
        DateTimeOffset now,
        CancellationToken cancel
    )
    {
        if (settings.DigestAt.Length == 0)
        {
            return;
        }

        var slot = DailyTime.LastSlot(settings.DigestAt, now);
        var before = await Digests.LastAsync(database, project, cancel);
        if (before == slot.ToUnixTimeMilliseconds())
        {
            return;
        }

        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.Notify, cancel);
        if (await Digests.TakeAsync(tx, project, before, slot, cancel))
        {
            var since = DateTimeOffset.FromUnixTimeMilliseconds(before ?? 0);
            var message = Digests.Make(
                name,
                volumes,
                await Incidents.ListAsync(tx, project, cancel),
                [.. Condition.OfVolumes(volumes, now), .. service],
                await NotifyDeliveries.CountGivenUpAsync(tx, project, since, cancel),
                settings.Link,
                now
            );
            var audience = await NotifyAudience.OfAsync(tx, project, cancel);

            // Whoever wants a digest wants it every day, that its absence is noticed: it is as grave as can be.
            await deliveries.AddAsync(tx, audience.Of(NotifyEvent.Digest, NotifySeverity.Error), NotifyEvent.Digest, message, cancel);
        }

        await tx.CommitAsync(cancel);
        deliveries.Waiting.Wake();
    }

    /// <summary>The machines that are known to work on the catalog; nothing where nobody needs to know.</summary>
    private async Task<IReadOnlySet<string>> MachinesAsync(IReadOnlyList<Incident> open, CancellationToken cancel) =>
        open.Any(one => MachineOf(one) is { } machine && machine != _parts.Machine)
            ? (await processes.ListAsync(cancel)).Select(one => one.Host[..one.Host.LastIndexOf(':')]).ToHashSet()
            : new HashSet<string>();

    /// <summary>Which machine saw it; null for what the catalog tells.</summary>
    private static string? MachineOf(Incident incident) =>
        incident.Event is NotifyEvent.ServiceIll or NotifyEvent.RepositoryNearlyFull ? incident.Cause.Split('/')[1] : null;

    private sealed class ProjectRow
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";
    }
}
