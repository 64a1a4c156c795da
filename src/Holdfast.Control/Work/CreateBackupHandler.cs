using System.Globalization;
using System.Text.Json;
using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Quotas;
using Holdfast.Control.Retention;
using Holdfast.Control.Sessions;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Work;

/// <summary>
/// Backs a volume up. Once it is committed the manifest is put, by this attempt or a later one; that it is there is what makes the backup
/// exist.
/// </summary>
internal sealed class CreateBackupHandler(
    CatalogDatabase database,
    JobStore jobs,
    BackupStore backups,
    VolumeStore volumes,
    QuotaStore quotas,
    RetentionForecast retention,
    BackupsMade made,
    SessionStore sessions,
    Repository repository,
    FileSystemCalls files,
    IOptions<JobOptions> options,
    TimeProvider clock,
    ILogger<CreateBackupHandler> log
) : IJobHandler
{
    /// <summary>Whether damage was found in a backup of the volume, and no good one was begun since. What the repository has of the volume
    /// is not counted on then: a backup that is made of the same damaged bytes is as damaged, and nobody would know. Of one whose manifest
    /// alone is absent (verdict by 5) the bytes are not in doubt.</summary>
    private const string IsDoubtedSql = """
        SELECT count(*) FROM (
          SELECT max(verdict_at) AS at FROM backup WHERE volume_id = @volume AND status IN (2, 3) AND verdict_ok = 0 AND verdict_by <> 5
        ) found
        WHERE found.at IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM backup b
          WHERE b.volume_id = @volume AND b.status = 2 AND coalesce(b.verdict_ok, 1) = 1 AND b.created_at > found.at
        )
        """;

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    public JobKind Kind => JobKind.CreateBackup;

    public string FailureCode => TaskCodes.CopyFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        var arguments = CreateBackupArguments.Parse(job.Arguments);
        var known = job.Volume is { } id ? await volumes.FindAsync(id, cancel) : null;
        await using var source = known is null ? null : await SourceDevice.OpenAsync(known, clock, files, cancel);
        BackupTelling.Volume(known, source, lines);
        var relief =
            known is not null && arguments.PolicyId is { } by
                ? await retention.OfAsync(job.Project, PolicyId.Parse(by, null), known.Id, cancel)
                : QuotaRelief.None;
        if (known is not null && !arguments.Full && await IsDoubtedAsync(known.Id, cancel))
        {
            lines.Warning(
                "Damage was found in a backup of this volume, and no good one was made since: what the repository has of it is read again, "
                    + "and what is damaged is stored anew."
            );
            arguments = arguments with { Full = true };
        }

        var parent = job.Volume is { } of && job.Backup is { } to && !arguments.Full ? await FindParentAsync(of, to, lines, cancel) : null;
        var (begun, refused) = await BeginAsync(job, lease, arguments, source?.Size, relief, parent, cancel);
        if (refused is not null || begun is null)
        {
            return refused ?? new JobOutcome.LeaseLost();
        }

        var (volume, backup) = (begun.Volume, begun.Backup);
        var manifest = await FindMadeAsync(backup.Id, lines, cancel);
        if (manifest is null)
        {
            if (source is null)
            {
                return new JobOutcome.LeaseLost(); // a volume that came to be since; the next attempt sees it
            }

            if (source.Trouble is { } trouble)
            {
                return new JobOutcome.Failed(trouble);
            }

            BackupTelling.Parent(begun.Parent, parent, arguments.Full, lines);
            manifest = await TakeOrCopyAsync(job, begun, arguments, source.Device, lines, cancel);
        }

        BackupTelling.Made(manifest, lines);

        return new JobOutcome.Done(
            (tx, token) => CompleteAsync(tx, volume, manifest, token),
            backup.Policy is { } policy ? () => made.Tell(new BackupMade(policy, volume.Id, new MadeBy(job.Id, job.Attempt))) : null
        );
    }

    public async Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
    {
        if (job.Backup is { } backup)
        {
            await backups.MoveAsync(tx, backup, BackupStatus.Creating, BackupStatus.Error, failure, cancel);
        }

        if (job.Volume is { } id && await VolumeStore.FindAsync(tx, id, cancel) is { Status: VolumeStatus.BackingUp })
        {
            await volumes.SetStatusAsync(tx, id, VolumeStatus.Available, cancel);
        }
    }

    /// <summary>One transaction: the volume is marked, the backup recorded, the task and the session start. May have been done by an
    /// earlier
    /// attempt.</summary>
    /// <param name="size">Bytes that the device has now; null when it is not to be read.</param>
    /// <param name="relief">What the policy's retention is going to drop when this backup is made.</param>
    /// <param name="parent">What the backup is to be compared with; null for nothing.</param>
    private async Task<(Begun? Begun, JobOutcome? Refused)> BeginAsync(
        Job job,
        JobLease lease,
        CreateBackupArguments arguments,
        long? size,
        QuotaRelief relief,
        HeldMap? parent,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        if (!await jobs.RenewAsync(tx, lease, _lease, cancel))
        {
            return (null, new JobOutcome.LeaseLost());
        }

        var id = job.Volume ?? throw new InvalidOperationException($"Job {job.Id} makes a backup of no volume.");
        var backupId = job.Backup ?? throw new InvalidOperationException($"Job {job.Id} makes no backup.");
        var volume = await VolumeStore.FindAsync(tx, id, cancel);
        if (Refusal(volume, id) is { } refusal)
        {
            return (null, new JobOutcome.Failed(refusal));
        }

        // One that was ordered by hand, or begun before, has its place already.
        var bytes = size ?? volume!.SizeBytes; // not refused, so there
        if (
            await BackupStore.FindAsync(tx, backupId, cancel) is null
            && await quotas.FindBreachAsync(tx, job.Project, id, bytes, relief, cancel) is { } breach
        )
        {
            return (
                null,
                new JobOutcome.Failed(
                    new JobFailure(
                        breach.Kind == QuotaKind.BackupsOfVolume ? TaskCodes.VolumeQuotaExceeded : TaskCodes.QuotaExceeded,
                        breach.Message
                    )
                )
            );
        }

        if (job.Task is { } task)
        {
            await TaskStore.StartAsync(tx, task, backupId, cancel);
        }

        await volumes.SetStatusAsync(tx, id, VolumeStatus.BackingUp, cancel);
        await backups.CreateAsync(tx, NewBackup(job, backupId, bytes, arguments), cancel);
        var backup = await BackupStore.FindAsync(tx, backupId, cancel);
        var (session, isParentHeld) = await sessions.BeginWriteAsync(tx, lease, parent, cancel);
        await tx.CommitAsync(cancel);
        return volume is null || backup is null
            ? (null, null)
            : (new Begun(volume, backup, session, isParentHeld ? parent?.Backup : null), null);
    }

    private static JobFailure? Refusal(Volume? volume, VolumeId id) =>
        volume switch
        {
            null => new JobFailure(TaskCodes.VolumeGone, $"Volume {id} was removed before its backup began."),
            { Status: VolumeStatus.Available or VolumeStatus.BackingUp } => null,
            _ => new JobFailure(
                TaskCodes.WrongVolumeState,
                $"Volume '{volume.Name}' is in the state {volume.Status}, in which it is not backed up. After a failed restore, restore "
                    + $"into it again."
            ),
        };

    private static NewBackup NewBackup(Job job, BackupId id, long bytes, CreateBackupArguments arguments) =>
        new()
        {
            Id = id,
            Project = job.Project,
            Volume = job.Volume ?? default,
            VolumeBytes = bytes,
            Name = arguments.Name,
            Description = arguments.Description,
            Policy = arguments.PolicyId is { } policy ? PolicyId.Parse(policy, null) : null,
            Tags = arguments.Tags,
        };

    /// <summary>What an earlier attempt committed, put into the store where that is not done yet.</summary>
    private async Task<Manifest?> FindMadeAsync(BackupId id, JobLogWriter lines, CancellationToken cancel)
    {
        if (await sessions.FindDueAsync(id, cancel) is { } due)
        {
            BackupLog.FoundCommitted(log, id);
            lines.Info("An earlier attempt had read and stored all of it: what was left to do is to put its manifest.");
            return await repository.PutCommittedAsync(id, due, cancel);
        }

        // A version that knew no commits may have left it.
        var made = await repository.FindAsync(id, cancel);
        if (made is not null)
        {
            BackupLog.FoundMade(log, id);
            lines.Info("An earlier attempt had made it: it is in the repository.");
        }

        return made;
    }

    /// <summary>Copies the volume. An earlier holder of the job that woke up late may have put the manifest meanwhile: then that is the
    /// backup.</summary>
    private async Task<Manifest> TakeOrCopyAsync(
        Job job,
        Begun begun,
        CreateBackupArguments arguments,
        IBlockDevice device,
        JobLogWriter lines,
        CancellationToken cancel
    )
    {
        try
        {
            return await CopyAsync(job, begun, arguments, device, lines, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.AlreadyExists)
        {
            if (await FindMadeAsync(begun.Backup.Id, lines, cancel) is { } made)
            {
                return made;
            }

            throw;
        }
    }

    /// <summary>An earlier backup that cannot be read must not keep the volume from being backed up: then it is compared with
    /// none.</summary>
    private async Task<Manifest> CopyAsync(
        Job job,
        Begun begun,
        CreateBackupArguments arguments,
        IBlockDevice device,
        JobLogWriter lines,
        CancellationToken cancel
    )
    {
        var (volume, backup, session, held) = begun;
        var progress = new JobProgress(lines, clock);
        var request = new BackupRequest
        {
            Id = backup.Id,
            Volume = volume.Id.ToString(),
            Number = backup.Number,
            VerifyStored = arguments.Full,
            Labels = LabelsOf(job, volume, backup, arguments),
        };
        if (held is { } parent)
        {
            try
            {
                return await repository.BackupAsync(device, request with { Parent = parent }, progress, cancel, session);
            }
            catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.NotFound)
            {
                BackupLog.ParentUnusable(log, e, backup.Id, parent);
                BackupTelling.Unusable(parent, e, lines);
                await RecordDamageAsync(parent, e, cancel);
            }
        }

        return await repository.BackupAsync(device, request, progress, cancel, session);
    }

    private async Task<bool> IsDoubtedAsync(VolumeId volume, CancellationToken cancel) =>
        await database.ReadFirstAsync<long>(IsDoubtedSql, new { volume = volume.ToString() }, cancel) > 0;

    /// <summary>The newest restore point of the volume whose manifest is there and can be read.</summary>
    private async Task<HeldMap?> FindParentAsync(VolumeId volume, BackupId backup, JobLogWriter lines, CancellationToken cancel)
    {
        foreach (var earlier in await backups.RestorePointsAsync(volume, cancel))
        {
            try
            {
                if (await repository.FindAsync(earlier.Id, cancel) is { } manifest)
                {
                    return new HeldMap(earlier.Id, manifest.Root, manifest.Levels);
                }

                lines.Warning($"The manifest of backup {earlier.Id} is not in the repository: an earlier one is looked for.");
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
            {
                BackupLog.ParentUnusable(log, e, backup, earlier.Id);
                BackupTelling.Unusable(earlier.Id, e, lines);
                await RecordDamageAsync(earlier.Id, e, cancel);
            }
        }

        return null;
    }

    /// <summary>What was found out about a backup in passing.</summary>
    private async Task RecordDamageAsync(BackupId id, HoldfastException damage, CancellationToken cancel)
    {
        if (damage.Kind != FailureKind.Corrupted)
        {
            return;
        }

        await using var tx = await database.BeginAsync(cancel);
        await backups.SetVerdictAsync(tx, id, VerdictBy.Backup, damage.Message, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>What a lost catalog's rows are made from again.</summary>
    private static Dictionary<string, string> LabelsOf(Job job, Volume volume, Backup backup, CreateBackupArguments arguments)
    {
        var labels = new Dictionary<string, string?>
        {
            ["project_id"] = job.Project.Value,
            ["volume_id"] = volume.Id.ToString(),
            ["volume_name"] = volume.Name,
            ["policy_id"] = arguments.PolicyId,
            ["policy_name"] = arguments.PolicyName,
            ["task_id"] = job.Task?.ToString(),
            ["name"] = backup.Name,
            ["description"] = backup.Description,
            ["tags"] =
                arguments.Tags.Count == 0
                    ? null
                    : JsonSerializer.Serialize(arguments.Tags, BackupJson.Default.IReadOnlyDictionaryStringString),
            ["created_at"] = backup.CreatedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        };
        return labels.Where(label => label.Value is not null).ToDictionary(label => label.Key, label => label.Value ?? "");
    }

    private async Task CompleteAsync(CatalogTransaction tx, Volume volume, Manifest manifest, CancellationToken cancel)
    {
        await backups.MakeAvailableAsync(tx, manifest, cancel);
        await SessionStore.SetPutAsync(tx, manifest.Id, cancel);
        await volumes.SetStatusAsync(tx, volume.Id, VolumeStatus.Available, cancel);
        await volumes.UpdateSeenAsync(tx, volume.Id, manifest.VolumeSize, manifest.Device, cancel);

        BackupLog.Made(log, manifest.Id, volume.Id, manifest.Figures.BytesRead, manifest.Figures.BytesNew, manifest.Figures.BytesStored);
    }

    /// <param name="Parent">What the backup is compared with, whose map the session holds; null for nothing.</param>
    private sealed record Begun(Volume Volume, Backup Backup, CatalogWriteSession Session, BackupId? Parent);
}
