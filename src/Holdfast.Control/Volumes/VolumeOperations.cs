using Holdfast.Control.Catalog;
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
}

/// <summary>What an operator does to a volume by hand. Each change is one statement that looks at the state it changes, so it waits for
/// nobody who waits for it.</summary>
public sealed class VolumeOperations(CatalogDatabase database, VolumeStore volumes, TimeProvider clock)
{
    private const string GrowSql = """
        UPDATE volume SET size_bytes = @size, updated_at = @now
        WHERE id = @id AND project_id = @project AND status = @available AND size_bytes < @size
        """;
    private const string ResetSql = """
        UPDATE volume SET status = @to, updated_at = @now
        WHERE id = @id AND project_id = @project AND status IN (@available, @error)
        """;

    /// <summary>
    /// Makes an owned volume larger; what is added reads as zeros. The file first, its row then: a file that is larger than its row says is
    /// only backed up larger, a row that says more than there is would promise it.
    /// </summary>
    /// <param name="size">Bytes, at most <see cref="OwnedVolumes.MaxSizeBytes"/>.</param>
    /// <exception cref="HoldfastException">The file system does not hold a file of that size, or does not answer.</exception>
    public async Task<VolumeOperationOutcome> ExtendAsync(ProjectId project, VolumeId id, long size, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, OwnedVolumes.MaxSizeBytes);
        if (await volumes.FindAsync(project, id, cancel) is not { } volume)
        {
            return VolumeOperationOutcome.NoSuchVolume;
        }

        if (RefusalOf(volume, size) is { } refusal)
        {
            return refusal;
        }

        var file =
            DeviceAddress.PathIn(volume.Source)
            ?? throw new InvalidOperationException($"The catalog holds '{volume.Source}' as a volume's address.");
        await FileSystemCalls.Asking.CallAsync(file, () => VolumeFile.Grow(file, size), cancel);
        return await ChangeAsync(GrowSql, project, id, size, to: null, cancel) ? VolumeOperationOutcome.Done
            : await volumes.FindAsync(project, id, cancel) is not { } now ? VolumeOperationOutcome.NoSuchVolume
            : RefusalOf(now, size) ?? VolumeOperationOutcome.Busy;
    }

    /// <summary>Says by hand that a volume is available or in error. Never while something works on it: that would be undone by its
    /// end.</summary>
    public async Task<VolumeOperationOutcome> ResetStatusAsync(
        ProjectId project,
        VolumeId id,
        VolumeStatus status,
        CancellationToken cancel
    ) =>
        await ChangeAsync(ResetSql, project, id, size: null, status, cancel) ? VolumeOperationOutcome.Done
        : await volumes.FindAsync(project, id, cancel) is null ? VolumeOperationOutcome.NoSuchVolume
        : VolumeOperationOutcome.Busy;

    private static VolumeOperationOutcome? RefusalOf(Volume volume, long size) =>
        !volume.IsOwned ? VolumeOperationOutcome.NotOwned
        : volume.Status is VolumeStatus.BackingUp or VolumeStatus.Restoring ? VolumeOperationOutcome.Busy
        : volume.Status == VolumeStatus.Error ? VolumeOperationOutcome.InError
        : size <= volume.SizeBytes ? VolumeOperationOutcome.NotLarger
        : null;

    /// <summary>False when the volume is not there, or not in a state in which it is changed.</summary>
    private async Task<bool> ChangeAsync(
        string sql,
        ProjectId project,
        VolumeId id,
        long? size,
        VolumeStatus? to,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        var changed = await tx.ExecuteAsync(
            sql,
            new
            {
                id = id.ToString(),
                project = project.Value,
                size,
                to = (int?)to,
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
