using Holdfast.Control.Catalog;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Policies;

/// <summary>Which volumes policies have. A volume has one policy at most: associating it with another moves it.</summary>
public sealed class PolicyVolumes(CatalogDatabase database, TaskStore tasks, IOptions<PolicyOptions> options, TimeProvider clock)
{
    private const string ListSql = "SELECT volume_id FROM policy_volume WHERE policy_id = @policy ORDER BY added_at, volume_id";
    private const string HomesSql = "SELECT volume_id AS Volume, policy_id AS Policy FROM policy_volume WHERE volume_id";
    private const string HoldPoliciesSql = "SELECT id FROM policy WHERE id";
    private const string HoldVolumesSql = "SELECT id FROM volume WHERE id";
    private const string PutSql = "INSERT INTO policy_volume (volume_id, policy_id, added_at) VALUES (@volume, @policy, @now)";
    private const string RemoveSql = "DELETE FROM policy_volume WHERE volume_id = @volume AND policy_id = @policy";

    public async Task<IReadOnlyList<VolumeId>> ListAsync(PolicyId policy, CancellationToken cancel) =>
        Parse(await database.ReadAllAsync<string>(ListSql, new { policy = policy.ToString() }, cancel));

    public static async Task<IReadOnlyList<VolumeId>> ListAsync(CatalogTransaction tx, PolicyId policy, CancellationToken cancel) =>
        Parse(await tx.QueryAsync<string>(ListSql, new { policy = policy.ToString() }, cancel));

    /// <summary>
    /// Associates volumes with a policy, each by itself: some may be refused and the others not. Ids are as the request spelled them, and
    /// answered in the request's order; one that is given twice is answered twice. Turns that wait under a volume's former policy are taken
    /// back.
    /// </summary>
    public async Task<AssociateOutcome> AssociateAsync(
        ProjectId project,
        PolicyId policy,
        IReadOnlyList<string> volumes,
        CancellationToken cancel
    )
    {
        var asked = Distinct(volumes);
        await using var tx = await BeginHoldingAsync(asked, policy, cancel);
        if (await PolicyStore.LockAsync(tx, policy, cancel) is not { } found || found.Project != project)
        {
            return new AssociateOutcome.NoSuchPolicy();
        }

        var (results, zones) = (new Dictionary<VolumeId, AssociationResult>(), new Dictionary<VolumeId, string?>());
        foreach (var id in asked)
        {
            var volume = await VolumeStore.FindAsync(tx, id, cancel) is { } there && there.Project == project ? there : null;
            results[id] = volume switch
            {
                { Status: VolumeStatus.Error } => AssociationResult.WrongState,
                { } => AssociationResult.Done,
                null => AssociationResult.NoSuchVolume,
            };
            zones[id] = volume?.Zone;
        }

        var homes = await HomesAsync(tx, asked, cancel);
        var coming = asked
            .Where(id => results[id] == AssociationResult.Done && (!homes.TryGetValue(id, out var home) || home != policy))
            .ToList();
        if (coming.Count > 0 && found.VolumeCount + coming.Count > options.Value.MaxVolumes)
        {
            return new AssociateOutcome.TooManyVolumes(options.Value.MaxVolumes);
        }

        foreach (var id in coming)
        {
            await MoveAsync(tx, id, homes.TryGetValue(id, out var home) ? home : null, policy, cancel);
        }

        await tx.CommitAsync(cancel);
        return new AssociateOutcome.Answered([
            .. volumes.Select(id =>
                TryParse(id) is { } known
                    ? new VolumeAssociation(id, results[known], zones[known])
                    : new VolumeAssociation(id, AssociationResult.NoSuchVolume)
            ),
        ]);
    }

    /// <summary>Takes volumes off a policy. Their turns that wait are taken back; what runs finishes.</summary>
    public async Task<AssociateOutcome> DisassociateAsync(
        ProjectId project,
        PolicyId policy,
        IReadOnlyList<string> volumes,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await PolicyStore.LockAsync(tx, policy, cancel) is not { } found || found.Project != project)
        {
            return new AssociateOutcome.NoSuchPolicy();
        }

        var removed = new HashSet<VolumeId>();
        foreach (var id in Distinct(volumes))
        {
            if (await RemoveAsync(tx, id, policy, "The volume was disassociated from the policy.", cancel))
            {
                removed.Add(id);
            }
        }

        await tx.CommitAsync(cancel);
        return new AssociateOutcome.Answered([
            .. volumes.Select(id => new VolumeAssociation(
                id,
                TryParse(id) is { } known && removed.Contains(known) ? AssociationResult.Done : AssociationResult.NotAssociated
            )),
        ]);
    }

    /// <summary>
    /// A transaction that holds these volumes, and the policies that have them and one more, against other writers: so nothing fires or
    /// moves what is being changed. Policies before volumes, each by id: two that ask for the same in another order do not wait for each
    /// other in a ring.
    /// </summary>
    internal async Task<CatalogTransaction> BeginHoldingAsync(
        IReadOnlyCollection<VolumeId> volumes,
        PolicyId? policy,
        CancellationToken cancel
    )
    {
        while (true)
        {
            var tx = await database.BeginAsync(cancel);
            try
            {
                if (await HoldAsync(tx, volumes, policy, cancel))
                {
                    return tx;
                }
            }
            catch
            {
                await tx.DisposeAsync();
                throw;
            }

            await tx.DisposeAsync();
        }
    }

    /// <summary>Takes a volume, which the transaction holds with its policy, off that policy.</summary>
    internal async Task RemoveAsync(CatalogTransaction tx, VolumeId volume, string reason, CancellationToken cancel)
    {
        if ((await HomesAsync(tx, [volume], cancel)).TryGetValue(volume, out var policy))
        {
            await RemoveAsync(tx, volume, policy, reason, cancel);
        }
    }

    /// <returns>False when a volume went to a policy that is not held while this waited for the others.</returns>
    private static async Task<bool> HoldAsync(
        CatalogTransaction tx,
        IReadOnlyCollection<VolumeId> volumes,
        PolicyId? policy,
        CancellationToken cancel
    )
    {
        var policies = (await HomesAsync(tx, volumes, cancel)).Values.ToHashSet();
        if (policy is { } one)
        {
            policies.Add(one);
        }

        await LockAsync(tx, HoldPoliciesSql, [.. policies.Select(id => id.ToString())], cancel);
        await LockAsync(tx, HoldVolumesSql, [.. volumes.Select(id => id.ToString())], cancel);
        return tx.Dialect == SqlDialect.Sqlite || policies.IsSupersetOf((await HomesAsync(tx, volumes, cancel)).Values);
    }

    private static Task<IReadOnlyList<string>> LockAsync(CatalogTransaction tx, string sql, string[] ids, CancellationToken cancel) =>
        tx.QueryAsync<string>(
            $"{sql} {tx.Dialect.IsIn("@ids")} ORDER BY id {tx.Dialect.RowLock}",
            new { ids = SqlDialect.Ids(ids) },
            cancel
        );

    private static async Task<Dictionary<VolumeId, PolicyId>> HomesAsync(
        CatalogTransaction tx,
        IReadOnlyCollection<VolumeId> volumes,
        CancellationToken cancel
    ) =>
        (await tx.QueryAsync<Home>($"{HomesSql} {tx.Dialect.IsIn("@ids")}", new { ids = SqlDialect.Ids(volumes) }, cancel)).ToDictionary(
            home => VolumeId.Parse(home.Volume, null),
            home => PolicyId.Parse(home.Policy, null)
        );

    private async Task<bool> RemoveAsync(CatalogTransaction tx, VolumeId volume, PolicyId policy, string reason, CancellationToken cancel)
    {
        if (await tx.ExecuteAsync(RemoveSql, new { volume = volume.ToString(), policy = policy.ToString() }, cancel) == 0)
        {
            return false;
        }

        await tasks.SkipWaitingAsync(tx, policy, volume, reason, cancel);
        return true;
    }

    private async Task MoveAsync(CatalogTransaction tx, VolumeId volume, PolicyId? from, PolicyId to, CancellationToken cancel)
    {
        if (from is { } former)
        {
            await RemoveAsync(tx, volume, former, "The volume was associated with another policy.", cancel);
        }

        await tx.ExecuteAsync(
            PutSql,
            new
            {
                volume = volume.ToString(),
                policy = to.ToString(),
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            cancel
        );
    }

    private static VolumeId? TryParse(string id) => VolumeId.TryParse(id, null, out var volume) ? volume : null;

    private static List<VolumeId> Distinct(IEnumerable<string> ids) => [.. ids.Select(TryParse).OfType<VolumeId>().Distinct()];

    private static IReadOnlyList<VolumeId> Parse(IReadOnlyList<string> ids) => [.. ids.Select(id => VolumeId.Parse(id, null))];

    private sealed class Home
    {
        public string Volume { get; set; } = "";

        public string Policy { get; set; } = "";
    }
}
