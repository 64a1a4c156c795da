using Holdfast.Control.Catalog;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Policies;

/// <summary>Which volumes policies have. A volume has one policy at most: associating it with another moves it.</summary>
public sealed class PolicyVolumes(CatalogDatabase database, TaskStore tasks, IOptions<PolicyOptions> options, TimeProvider clock)
{
    private const string ListSql = "SELECT volume_id FROM policy_volume WHERE policy_id = @policy ORDER BY added_at, volume_id";
    private const string PolicyOfSql = "SELECT policy_id FROM policy_volume WHERE volume_id = @volume";
    private const string PutSql = "INSERT INTO policy_volume (volume_id, policy_id, added_at) VALUES (@volume, @policy, @now) ON CONFLICT (volume_id) DO UPDATE SET policy_id = @policy, added_at = @now";
    private const string RemoveSql = "DELETE FROM policy_volume WHERE volume_id = @volume AND policy_id = @policy";

    public async Task<IReadOnlyList<VolumeId>> ListAsync(PolicyId policy, CancellationToken cancel) =>
        Parse(await database.ReadAllAsync<string>(ListSql, new { policy = policy.ToString() }, cancel));

    public static async Task<IReadOnlyList<VolumeId>> ListAsync(CatalogTransaction tx, PolicyId policy, CancellationToken cancel) =>
        Parse(await tx.QueryAsync<string>(ListSql, new { policy = policy.ToString() }, cancel));

    /// <summary>Associates volumes with a policy, each by itself: some may be refused and the others not. Ids are as the request spelled them.</summary>
    public async Task<AssociateOutcome> AssociateAsync(ProjectId project, PolicyId policy, IReadOnlyList<string> volumes, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await PolicyStore.LockAsync(tx, policy, cancel) is not { } found || found.Project != project)
        {
            return new AssociateOutcome.NoSuchPolicy();
        }

        var answers = new List<VolumeAssociation>();
        var has = (await ListAsync(tx, policy, cancel)).ToHashSet();
        foreach (var id in volumes)
        {
            var volume = VolumeId.TryParse(id, null, out var parsed) ? await VolumeStore.LockAsync(tx, parsed, cancel) : null;
            var result = volume is null || volume.Project != project ? AssociationResult.NoSuchVolume : volume.Status == VolumeStatus.Error ? AssociationResult.WrongState : AssociationResult.Done;
            answers.Add(new VolumeAssociation(id, result));
            if (result == AssociationResult.Done && has.Add(parsed))
            {
                await MoveAsync(tx, parsed, policy, cancel);
            }
        }

        if (has.Count > options.Value.MaxVolumes)
        {
            return new AssociateOutcome.TooManyVolumes(options.Value.MaxVolumes);
        }

        await tx.CommitAsync(cancel);
        return new AssociateOutcome.Answered(answers);
    }

    /// <summary>Takes volumes off a policy. Their turns that wait are taken back; what runs finishes.</summary>
    public async Task<AssociateOutcome> DisassociateAsync(ProjectId project, PolicyId policy, IReadOnlyList<string> volumes, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await PolicyStore.LockAsync(tx, policy, cancel) is not { } found || found.Project != project)
        {
            return new AssociateOutcome.NoSuchPolicy();
        }

        var answers = new List<VolumeAssociation>();
        foreach (var id in volumes)
        {
            var removed = VolumeId.TryParse(id, null, out var volume) && await RemoveAsync(tx, volume, policy, "The volume was disassociated from the policy.", cancel);
            answers.Add(new VolumeAssociation(id, removed ? AssociationResult.Done : AssociationResult.NotAssociated));
        }

        await tx.CommitAsync(cancel);
        return new AssociateOutcome.Answered(answers);
    }

    /// <summary>Takes a volume off whatever policy has it.</summary>
    internal async Task RemoveAsync(CatalogTransaction tx, VolumeId volume, string reason, CancellationToken cancel)
    {
        if (await tx.FindAsync<string>(PolicyOfSql, new { volume = volume.ToString() }, cancel) is { } policy)
        {
            await RemoveAsync(tx, volume, PolicyId.Parse(policy, null), reason, cancel);
        }
    }

    private async Task<bool> RemoveAsync(CatalogTransaction tx, VolumeId volume, PolicyId policy, string reason, CancellationToken cancel)
    {
        if (await tx.ExecuteAsync(RemoveSql, new { volume = volume.ToString(), policy = policy.ToString() }, cancel) == 0)
        {
            return false;
        }

        await tasks.SkipWaitingAsync(tx, policy, volume, reason, cancel);
        return true;
    }

    private async Task MoveAsync(CatalogTransaction tx, VolumeId volume, PolicyId policy, CancellationToken cancel)
    {
        await RemoveAsync(tx, volume, "The volume was associated with another policy.", cancel);
        await tx.ExecuteAsync(PutSql, new { volume = volume.ToString(), policy = policy.ToString(), now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, cancel);
    }

    private static IReadOnlyList<VolumeId> Parse(IReadOnlyList<string> ids) => [.. ids.Select(id => VolumeId.Parse(id, null))];
}
