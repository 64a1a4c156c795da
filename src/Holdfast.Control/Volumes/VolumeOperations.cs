using Holdfast.Control.Catalog;
using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

public enum VolumeOperationOutcome
{
    Done = 1,
    NoSuchVolume = 2,

    /// <summary>A backup or a restore of it is under way.</summary>
    Busy = 3,

    /// <summary>To be extended, but the service did not make its device.</summary>
    NotOwned = 4,

    /// <summary>To be extended to what it has, or less.</summary>
    NotLarger = 5,

    /// <summary>To be extended in the state error: its content is neither the old nor the new.</summary>
    InError = 6,

    /// <summary>To be extended to more than the project may have.</summary>
    QuotaExceeded = 7,
}

/// <summary>What an operator does to a volume by hand. Each change of a volume is one statement that looks at the state it changes, so it
/// waits for nobody who waits for it.</summary>
public sealed class VolumeOperations(CatalogDatabase database, VolumeStore volumes, QuotaStore quotas, TimeProvider clock)
{
    private const string GrowSql = """
        UPDATE volume SET size_bytes = @size, updated_at = @now
        WHERE id = @id AND project_id = @project AND status = @available AND size_bytes < @size
          AND NOT EXISTS (SELECT 1 FROM job WHERE job.volume_id = @id AND job.state IN (1, 2))
        """;
    private const string TakeBackSql = "UPDATE volume SET size_bytes = @was WHERE id = @id AND size_bytes = @size";
    private const string ResetSql = """
        UPDATE volume SET status = @to, updated_at = @now
        WHERE id = @id AND project_id = @project AND status IN (@available, @error)
        """;

    /// <summary>
    /// Makes an owned volume larger; what is added reads as zeros. The row first, in one statement that looks whether anything works on the
    /// volume: so a file is never made larger of which it is then answered that it was not. What a crash between the two leaves is a row
    /// that says too much: the same order again makes the file as large, and a backup records the size that it saw.
    /// </summary>
    /// <param name="size">Bytes, at most <see cref="OwnedVolumes.MaxSizeBytes"/>.</param>
    /// <returns>The breach where the quota does not allow it.</returns>
    /// <exception cref="HoldfastException">The file system does not hold a file of that size, or does not answer.</exception>
    public async Task<(VolumeOperationOutcome Outcome, QuotaBreach? Breach)> ExtendAsync(
        ProjectId project,
        VolumeId id,
        long size,
        CancellationToken cancel
    )
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, OwnedVolumes.MaxSizeBytes);
        if (await volumes.FindAsync(project, id, cancel) is not { } volume)
        {
            return (VolumeOperationOutcome.NoSuchVolume, null);
        }

        var refusal = RefusalOf(volume, size);
        if (refusal is { } why and not VolumeOperationOutcome.NotLarger)
        {
            return (why, null);
        }

        var file =
            DeviceAddress.PathIn(volume.Source)
            ?? throw new InvalidOperationException($"The catalog holds '{volume.Source}' as a volume's address.");
        var isLeft = refusal is not null && await IsLeftAsync(volume, file, size, cancel);
        if (!isLeft)
        {
            if (refusal is { } small)
            {
                return (small, null);
            }

            var (isGrown, breach) = await GrowRowAsync(volume, size, cancel);
            if (breach is not null)
            {
                return (VolumeOperationOutcome.QuotaExceeded, breach);
            }

            if (!isGrown)
            {
                return (
                    await volumes.FindAsync(project, id, cancel) is not { } now
                        ? VolumeOperationOutcome.NoSuchVolume
                        : RefusalOf(now, size) ?? VolumeOperationOutcome.Busy,
                    null
                );
            }
        }

        try
        {
            await FileSystemCalls.Asking.CallAsync(file, () => VolumeFile.Grow(file, size), cancel);
        }
        catch when (!isLeft)
        {
            // The file may still grow when its file system answers again: larger than its row says does no harm.
            await using var tx = await database.BeginAsync(CancellationToken.None);
            await tx.ExecuteAsync(
                TakeBackSql,
                new
                {
                    id = id.ToString(),
                    was = volume.SizeBytes,
                    size,
                },
                CancellationToken.None
            );
            await tx.CommitAsync(CancellationToken.None);
            throw;
        }

        return (VolumeOperationOutcome.Done, null);
    }

    /// <summary>Says by hand that a volume is available or in error. Never while something works on it: that would be undone by its
    /// end.</summary>
    public async Task<VolumeOperationOutcome> ResetStatusAsync(
        ProjectId project,
        VolumeId id,
        VolumeStatus status,
        CancellationToken cancel
    ) =>
        await ChangeAsync(ResetSql, project, id, status, cancel) ? VolumeOperationOutcome.Done
        : await volumes.FindAsync(project, id, cancel) is null ? VolumeOperationOutcome.NoSuchVolume
        : VolumeOperationOutcome.Busy;

    private static VolumeOperationOutcome? RefusalOf(Volume volume, long size) =>
        !volume.IsOwned ? VolumeOperationOutcome.NotOwned
        : volume.Status is VolumeStatus.BackingUp or VolumeStatus.Restoring ? VolumeOperationOutcome.Busy
        : volume.Status == VolumeStatus.Error ? VolumeOperationOutcome.InError
        : size <= volume.SizeBytes ? VolumeOperationOutcome.NotLarger
        : null;

    /// <summary>Whether a crash in the middle of such an extension left the volume's file smaller than its row says.</summary>
    private static async Task<bool> IsLeftAsync(Volume volume, string file, long size, CancellationToken cancel) =>
        size == volume.SizeBytes
        && await FileSystemCalls.Asking.AskAsync(
            file,
            () => Task.FromResult(new FileInfo(file) is { Exists: true } there && there.Length < size),
            abandon: null,
            cancel
        );

    private async Task<(bool IsGrown, QuotaBreach? Breach)> GrowRowAsync(Volume volume, long size, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var gib = Volume.GibOf(size);
        var demand = new VolumeDemand(0, gib - volume.SizeGib, gib);
        if (await quotas.FindBreachAsync(tx, volume.Project, demand, cancel) is { } breach)
        {
            return (false, breach);
        }

        var changed = await tx.ExecuteAsync(
            GrowSql,
            new
            {
                id = volume.Id.ToString(),
                project = volume.Project.Value,
                size,
                available = (int)VolumeStatus.Available,
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return (changed == 1, null);
    }

    /// <summary>False when the volume is not there, or not in a state in which it is changed.</summary>
    private async Task<bool> ChangeAsync(string sql, ProjectId project, VolumeId id, VolumeStatus to, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var changed = await tx.ExecuteAsync(
            sql,
            new
            {
                id = id.ToString(),
                project = project.Value,
                to = (int)to,
                available = (int)VolumeStatus.Available,
                error = (int)VolumeStatus.Error,
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return changed == 1;
    }
}
