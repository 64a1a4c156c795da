using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Sessions;

/// <summary>
/// The catalog's account of who works on the repository, and of what counts in it. A session is its job's: it ends with the job's attempt,
/// in the same transaction, so whoever can renew the job's lease still has it. Spec: docs/format/prune.md.
/// </summary>
public sealed class SessionStore(CatalogDatabase database, JobStore jobs, IOptions<JobOptions> options, TimeProvider clock)
{
    private const string BeginSql = """
        INSERT INTO session (job_id, kind, epoch, began_at) VALUES (@job, @kind, 0, @now)
        ON CONFLICT (job_id) DO UPDATE SET kind = @kind, began_at = @now
        """;
    private const string BeginPruneSql = """
        INSERT INTO session (job_id, kind, epoch, began_at) SELECT @job, @kind, epoch, @now FROM repository WHERE one = 1
        ON CONFLICT DO NOTHING
        """;
    private const string EpochSql = "SELECT epoch FROM repository WHERE one = 1";
    private const string SetEpochSql = "UPDATE session SET epoch = @epoch WHERE job_id = @job";
    private const string CondemnedSql = "SELECT object FROM fate";
    private const string HoldSql =
        "INSERT INTO session_root (job_id, root, levels) SELECT @job, @root, @levels FROM backup WHERE id = @backup AND status = 2";
    private const string ForgetRootsSql = "DELETE FROM session_root WHERE job_id = @job";
    private const string EndSql = "DELETE FROM session WHERE job_id = @job";
    private const string UnsettleSql = $"UPDATE backup SET unsettled = 1 WHERE id = @backup AND {ManifestDue.OfBackup}";
    private const string RegisterSql =
        "INSERT INTO index_object (id, items, bytes, job_id) VALUES (@id, @items, @bytes, @job) ON CONFLICT (id) DO NOTHING";
    private const string RegisteredSql = "SELECT id FROM index_object";
    private const string CommitSql = "UPDATE backup SET root = @root, levels = @levels WHERE id = @backup AND status = 1 AND root IS NULL";
    private const string AdoptSql = "INSERT INTO repository (one, era, epoch) VALUES (1, @era, 1) ON CONFLICT (one) DO NOTHING";
    private const string EraSql = "SELECT era FROM repository WHERE one = 1";

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    /// <summary>Begins a writer's session in the transaction in which its work begins, or begins it anew for a later attempt.</summary>
    /// <param name="parent">A backup whose map is to stay for as long as the session lasts, whatever becomes of the backup, with the map
    /// that its manifest names; null for none.</param>
    /// <returns>The session, and whether the parent is held: not where it is being deleted.</returns>
    internal async Task<(CatalogWriteSession Session, bool IsParentHeld)> BeginWriteAsync(
        CatalogTransaction tx,
        JobLease lease,
        HeldMap? parent,
        CancellationToken cancel
    )
    {
        await BeginAsync(tx, lease.Job, SessionKind.Writes, cancel);
        var isHeld = parent is not null && await HoldAsync(tx, lease.Job, parent, cancel);

        // Whoever condemns changes this row: what it condemned before is read below, and for what it condemns later it waits.
        var epoch = await tx.FindAsync<long>($"{EpochSql} {tx.Dialect.ShareLock}", null, cancel);
        await tx.ExecuteAsync(SetEpochSql, new { job = lease.Job.Value, epoch }, cancel);
        var condemned = (await tx.QueryAsync<string>(CondemnedSql, null, cancel)).Select(IdIn).ToHashSet();
        return (new CatalogWriteSession(this, lease, condemned), isHeld);
    }

    /// <summary>Begins a reader's session: nobody waits for it, and the backup's map stays until it ends. False when the backup is not
    /// available.</summary>
    internal async Task<bool> BeginReadAsync(CatalogTransaction tx, JobLease lease, HeldMap map, CancellationToken cancel)
    {
        await BeginAsync(tx, lease.Job, SessionKind.Reads, cancel);
        return await HoldAsync(tx, lease.Job, map, cancel);
    }

    /// <summary>Begins the session of a run of prune, whatever an earlier attempt of its job has left. False when another run has not
    /// ended.</summary>
    internal static async Task<bool> BeginPruneAsync(CatalogTransaction tx, JobId job, long nowMs, CancellationToken cancel)
    {
        await EndAsync(tx, job, unfinished: null, cancel);
        var session = new
        {
            job = job.Value,
            kind = (int)SessionKind.Prunes,
            now = nowMs,
        };
        return await tx.ExecuteAsync(BeginPruneSql, session, cancel) == 1;
    }

    /// <summary>Ends a job's session, if it has one, with the attempt that it belongs to.</summary>
    /// <param name="unfinished">The backup that the attempt leaves unfinished: where it was committed, its manifest may still be on its way
    /// to the store. Null where the job has made it, or makes none.</param>
    internal static async Task EndAsync(CatalogTransaction tx, JobId job, BackupId? unfinished, CancellationToken cancel)
    {
        await tx.ExecuteAsync(EndSql, new { job = job.Value }, cancel);
        if (unfinished is { } backup)
        {
            await tx.ExecuteAsync(UnsettleSql, new { backup = backup.ToString() }, cancel);
        }
    }

    /// <summary>The manifest that an earlier attempt committed and may not have put, or null.</summary>
    internal Task<byte[]?> FindDueAsync(BackupId backup, CancellationToken cancel) => ManifestDue.FindAsync(database, backup, cancel);

    /// <summary>The manifest is in the store.</summary>
    internal static Task SetPutAsync(CatalogTransaction tx, BackupId backup, CancellationToken cancel) =>
        ManifestDue.RemoveAsync(tx, backup, cancel);

    /// <summary>The index objects that count now.</summary>
    public async Task<IReadOnlySet<Guid>> RegisteredAsync(CancellationToken cancel) =>
        (await database.ReadAllAsync<string>(RegisteredSql, null, cancel)).Select(id => Guid.ParseExact(id, "N")).ToHashSet();

    /// <summary>Makes the catalog the account of a repository, once: the index objects that lie there count from then on.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the repository has begun another era: another catalog was
    /// made for it.</exception>
    public async Task AdoptAsync(Repository repository, CancellationToken cancel)
    {
        if (await database.ReadFirstAsync<long?>(EraSql, null, cancel) is null)
        {
            var stored = await repository.IndexObjects.ListAsync(cancel);
            await using var tx = await database.BeginAsync(cancel);
            if (await tx.ExecuteAsync(AdoptSql, new { era = repository.Era }, cancel) == 1)
            {
                foreach (var (id, bytes) in stored)
                {
                    await RegisterAsync(tx, id, items: 0, bytes, job: null, cancel);
                }

                await tx.CommitAsync(cancel);
            }
        }

        if (await database.ReadFirstAsync<long>(EraSql, null, cancel) is var era && era != repository.Era)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"This catalog is of era {era} of the repository, which is in era {repository.Era}: another catalog was made for it since. "
                    + "Start the service with that one."
            );
        }

        await RegisterFoundAsync(repository, cancel);
        repository.IndexObjects.CountOnly(RegisteredAsync);
    }

    /// <summary>What was indexed beside the service counts from now on: a repair without a service makes index objects anew. Not where one
    /// of the packs is missing or on its way out: an object that prune has replaced may still lie there.</summary>
    private async Task RegisterFoundAsync(Repository repository, CancellationToken cancel)
    {
        var registered = await RegisteredAsync(cancel);
        foreach (var (id, bytes) in await repository.IndexObjects.ListAsync(cancel))
        {
            if (registered.Contains(id) || await repository.IndexObjects.FindPacksAsync(id, cancel) is not { } found)
            {
                continue;
            }

            await using var tx = await database.BeginAsync(cancel);
            await tx.FindAsync<long>($"{EpochSql} {tx.Dialect.ShareLock}", null, cancel);
            var fates = (await tx.QueryAsync<string>(CondemnedSql, null, cancel)).ToHashSet(StringComparer.Ordinal);
            if (!fates.Overlaps(found.Packs))
            {
                await RegisterAsync(tx, id, found.Items, bytes, job: null, cancel);
                await tx.CommitAsync(cancel);
            }
        }
    }

    internal async Task RegisterAsync(JobLease lease, Guid indexObject, long items, long bytes, CancellationToken cancel)
    {
        await using var tx = await BeginOwnAsync(lease, cancel);
        await RegisterAsync(tx, indexObject, items, bytes, lease.Job, cancel);
        await tx.CommitAsync(cancel);
    }

    internal async Task CommitAsync(
        JobLease lease,
        BackupId backup,
        ItemId root,
        int levels,
        ReadOnlyMemory<byte> manifest,
        CancellationToken cancel
    )
    {
        await using var tx = await BeginOwnAsync(lease, cancel);
        var id = backup.ToString();
        if (
            await tx.ExecuteAsync(
                CommitSql,
                new
                {
                    backup = id,
                    root = root.ToString(),
                    levels,
                },
                cancel
            ) != 1
        )
        {
            throw new HoldfastException(FailureKind.Refused, $"Backup {backup} is not being made any more.");
        }

        await ManifestDue.AddAsync(tx, backup, manifest, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Makes an index object count.</summary>
    /// <param name="job">Whose it is while that job has not ended; null for nobody's.</param>
    internal static Task RegisterAsync(
        CatalogTransaction tx,
        Guid indexObject,
        long items,
        long bytes,
        JobId? job,
        CancellationToken cancel
    ) =>
        tx.ExecuteAsync(
            RegisterSql,
            new
            {
                id = indexObject.ToString("N"),
                items,
                bytes,
                job = job?.Value,
            },
            cancel
        );

    /// <summary>A transaction that the holder of the lease alone can be in.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when somebody else has the job.</exception>
    private async Task<CatalogTransaction> BeginOwnAsync(JobLease lease, CancellationToken cancel) =>
        await jobs.BeginHeldAsync(lease, _lease, cancel)
        ?? throw new HoldfastException(FailureKind.Busy, $"Job {lease.Job} is carried out by another worker now.");

    private async Task BeginAsync(CatalogTransaction tx, JobId job, SessionKind kind, CancellationToken cancel)
    {
        await tx.ExecuteAsync(
            BeginSql,
            new
            {
                job = job.Value,
                kind = (int)kind,
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            cancel
        );
        await tx.ExecuteAsync(ForgetRootsSql, new { job = job.Value }, cancel);
    }

    /// <summary>The row that holds the map until now is held to the end of the transaction, so at no moment is the map held by
    /// none.</summary>
    private static async Task<bool> HoldAsync(CatalogTransaction tx, JobId job, HeldMap map, CancellationToken cancel) =>
        await tx.ExecuteAsync(
            $"{HoldSql} {tx.Dialect.ShareLock}",
            new
            {
                job = job.Value,
                backup = map.Backup.ToString(),
                root = map.Root,
                levels = map.Levels,
            },
            cancel
        ) == 1;

    /// <summary>The id at the end of an object's key.</summary>
    private static Guid IdIn(string key) => Guid.ParseExact(key.AsSpan(key.LastIndexOf('/') + 1), "N");
}

/// <summary>A backup and the root of its map, 64 hex digits, as its manifest names it.</summary>
internal sealed record HeldMap(BackupId Backup, string Root, int Levels);

/// <summary>A writer's session in the catalog.</summary>
internal sealed class CatalogWriteSession(SessionStore sessions, JobLease lease, IReadOnlySet<Guid> condemned) : IWriteSession
{
    public IReadOnlySet<Guid> Condemned => condemned;

    public Task RegisterAsync(Guid indexObject, long items, long bytes, CancellationToken cancel) =>
        sessions.RegisterAsync(lease, indexObject, items, bytes, cancel);

    public Task CommitAsync(BackupId backup, ItemId root, int levels, ReadOnlyMemory<byte> manifest, CancellationToken cancel) =>
        sessions.CommitAsync(lease, backup, root, levels, manifest, cancel);
}
