using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Control.Tasks;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Scheduling;

/// <summary>
/// Fires policies. A firing is one transaction that holds the policy's row: it moves the schedule on, records a task a volume and queues
/// their jobs. So it happens once however many servers look, and a crash leaves all of it or nothing.
/// </summary>
public sealed class PolicyFiring(
    CatalogDatabase database,
    TaskStore tasks,
    JobStore jobs,
    IOptions<SchedulingOptions> options,
    TimeProvider clock,
    ILogger<PolicyFiring> log
)
{
    private const string EarlierNotEnded = "The volume's earlier turn had not ended when this one came.";

    private readonly ClockWatch _watch = new(clock);

    /// <summary>A slot is never met to the millisecond, so one that is a few minutes old is on time however short the catching
    /// up.</summary>
    private readonly TimeSpan _catchUp = TimeSpan.FromMinutes(Math.Max(10, options.Value.CatchUpHours * 60));

    /// <summary>"Execute now": works for a disabled policy too, and does not move the schedule.</summary>
    public async Task<FiringOutcome> FireNowAsync(ProjectId project, PolicyId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await PolicyStore.LockAsync(tx, id, cancel) is not { } policy || policy.Project != project)
        {
            return FiringOutcome.NoSuchPolicy.Instance;
        }

        if (await TaskStore.HasOpenAsync(tx, id, cancel))
        {
            return FiringOutcome.AlreadyRunning.Instance;
        }

        var volumes = await PolicyVolumes.ListAsync(tx, id, cancel);
        var fired = await CreateAsync(tx, policy, volumes, slot: null, cancel);
        await tx.CommitAsync(cancel);
        jobs.Queued.Wake();
        SchedulingLog.FiredNow(log, id, fired);
        return new FiringOutcome.Fired(fired);
    }

    /// <summary>Called at each look at the schedules: by it is known whether the clock jumped.</summary>
    public void LookAtClock(DateTimeOffset now) => _watch.Look(now);

    /// <summary>Fires a policy if it is due, at most once per slot. Returns whether it was due.</summary>
    public async Task<bool> FireDueAsync(PolicyId id, DateTimeOffset now, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await PolicyStore.LockAsync(tx, id, cancel) is not { Enabled: true, NextFireAt: { } from } policy || from > now)
        {
            return false;
        }

        var last = await FiringRecords.LastSlotAsync(tx, id, cancel);
        var volumes = await PolicyVolumes.ListAsync(tx, id, cancel);
        var due = DueSlots.Find(policy.Schedule, from, last, now, _catchUp, volumes.Count);
        await PolicyStore.SetNextFireAsync(tx, id, policy.Schedule.NextAfter(last > now ? last.Value : now), cancel);
        if (due.Newest is { } newest)
        {
            await FiringRecords.SetLastSlotAsync(tx, id, newest, cancel);
            await RecordMissedAsync(tx, policy, volumes, due.Missed, cancel);
            await MissedDays.AddAsync(tx, policy, due.MissedDays, cancel);
        }

        var fired = due.Fire is { } slot ? await CreateAsync(tx, policy, volumes, slot, cancel) : 0;
        await tx.CommitAsync(cancel);
        Report(policy, due, fired);
        return true;
    }

    private void Report(Policy policy, DueSlots due, int fired)
    {
        if (due.Missed.Count > 0)
        {
            SchedulingLog.Missed(log, policy.Id, due.Missed.Count, due.Missed[0]);
        }

        if (due.Fire is { } slot)
        {
            jobs.Queued.Wake();
            SchedulingLog.Fired(log, policy.Id, slot, fired);
        }
    }

    /// <summary>A task a volume, and a job for each that is not skipped.</summary>
    /// <returns>How many volumes had their turn.</returns>
    private async Task<int> CreateAsync(
        CatalogTransaction tx,
        Policy policy,
        IReadOnlyList<VolumeId> volumes,
        DateTimeOffset? slot,
        CancellationToken cancel
    )
    {
        if (volumes.Count == 0)
        {
            return 0;
        }

        // Whatever else is done with the volume is waited for: claiming keeps the jobs of one volume apart.
        var busy = await TaskStore.OpenVolumesAsync(tx, volumes, cancel);
        var names = await BackupStore.NamesAsync(tx, volumes, cancel);
        var turns = volumes
            .Select(volume =>
                busy.Contains(volume)
                    ? Skipped(policy, volume, slot, TaskCodes.EarlierNotEnded, EarlierNotEnded)
                    : Waiting(policy, volume, slot, names[volume])
            )
            .ToList();
        foreach (var task in turns)
        {
            if (task.Job is { } job)
            {
                await jobs.EnqueueAsync(
                    tx,
                    new NewJob
                    {
                        Id = job,
                        Project = policy.Project,
                        Kind = JobKind.CreateBackup,
                        Volume = task.Volume,
                        Backup = task.Backup,
                        Task = task.Id,
                        Arguments = CreateBackupArguments.Of(policy, task.BackupName),
                    },
                    cancel
                );
            }
        }

        // The backup is the job's until it begins: only then does the task name it.
        await tasks.CreateForFiringAsync(tx, policy.Project, policy.Id, [.. turns.Select(task => task with { Backup = null })], cancel);
        return turns.Count;
    }

    private Task<int> RecordMissedAsync(
        CatalogTransaction tx,
        Policy policy,
        IReadOnlyList<VolumeId> volumes,
        IReadOnlyList<DateTimeOffset> missed,
        CancellationToken cancel
    ) =>
        tasks.CreateForFiringAsync(
            tx,
            policy.Project,
            policy.Id,
            [
                .. from slot in missed.Reverse()
                from volume in volumes
                select Skipped(
                    policy,
                    volume,
                    slot,
                    TaskCodes.NotExecuted,
                    $"The run due at {slot.UtcDateTime:yyyy-MM-dd HH:mm} UTC was missed{_watch.WhyMissed(slot)}"
                ),
            ],
            cancel
        );

    private BackupTask Waiting(Policy policy, VolumeId volume, DateTimeOffset? slot, IEnumerable<string> names)
    {
        var id = BackupTaskId.New(clock);
        return Turn(id, policy, volume, slot) with
        {
            BackupName = BackupNames.Make(id, names.ToHashSet(StringComparer.Ordinal)),
            Backup = BackupId.New(clock),
            Job = JobId.New(clock),
        };
    }

    private BackupTask Skipped(Policy policy, VolumeId volume, DateTimeOffset? slot, string code, string message) =>
        Turn(BackupTaskId.New(clock), policy, volume, slot) with
        {
            Status = BackupTaskStatus.Skipped,
            FinishedAt = clock.GetUtcNow(),
            Code = code,
            Message = message,
        };

    private BackupTask Turn(BackupTaskId id, Policy policy, VolumeId volume, DateTimeOffset? slot) =>
        new()
        {
            Id = id,
            Policy = policy.Id,
            Volume = volume,
            Status = BackupTaskStatus.Waiting,
            Origin = slot is null ? TaskOrigin.Manual : TaskOrigin.Scheduled,
            CreatedAt = clock.GetUtcNow(),
            SlotAt = slot,
        };
}
