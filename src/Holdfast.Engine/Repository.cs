using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Copies;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Upkeep;
using Holdfast.Engine.Upkeep.Prune;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Engine;

/// <summary>An open repository: backups are made into it and restored from it, by many threads at once. Does not own the store.</summary>
public sealed class Repository : IAsyncDisposable
{
    /// <summary>Where the store is no folder of this machine, an answer takes longer than what is done with it.</summary>
    private const int LeastRemoteReads = 8;

    private readonly RepositoryContext _context;
    private readonly ManifestStore _manifests;
    private readonly RepositoryOwner _owner;
    private readonly RepositoryPresence _presence;
    private readonly RepositoryStoreClass _storeClass;

    private Repository(IObjectStore store, OpenedRepository opened, string? cacheFolder, TimeProvider clock, ILogger log)
    {
        var (config, keys, _, _) = opened;

        // A newer version may have more names; how hard writers compress is nothing that a reader must understand.
        var compression = CompressionNames.TryParse(config.Compression) ?? Compression.Default;
        var index = new RepositoryIndex(store, keys, cacheFolder is null ? null : Path.Combine(cacheFolder, config.Repository), clock, log);
        CountedStore = store as ICountedStore;
        Limits = new RepositoryLimits(clock);
        _context = new RepositoryContext(
            new ThrottledObjectStore(store, Limits),
            config.Id,
            config.ChunkSize,
            config.PackSize,
            compression,
            keys,
            index,
            Limits,
            clock,
            log
        )
        {
            ReadsAtOnce = store is IFolderStore ? Environment.ProcessorCount : Math.Max(LeastRemoteReads, Environment.ProcessorCount),
        };
        _owner = new RepositoryOwner(store, config, keys);
        IndexObjects = new RepositoryIndexObjects(_context);
        Era = config.Era;
        _presence = new RepositoryPresence(store, config, keys, _owner, clock);
        _storeClass = new RepositoryStoreClass(store, config.Id, keys, clock);
        _manifests = new ManifestStore(store, keys, config.Era, log, _presence.ThrowIfGoneAsync);
        Exports = new CatalogExports(store, keys, config.Id, config.Era, _presence.ThrowIfGoneAsync);
        Keys = new RepositoryKeys(store, opened, _presence.ThrowIfGoneAsync, clock);
        Rescue = new RescueFiles(store, keys, clock, _presence.ThrowIfGoneAsync);
        Options = RepositoryOptions.Of(config, compression);
    }

    /// <summary>The store where its requests are counted.</summary>
    public ICountedStore? CountedStore { get; }

    /// <summary>32 hex digits.</summary>
    public string Id => _context.Id.ToString("N");

    /// <summary>How the repository is laid out, as it was when it was opened.</summary>
    public RepositoryOptions Options { get; }

    /// <summary>Rises where another catalog is made for the repository. Spec: section 9.</summary>
    public long Era { get; }

    /// <summary>The id of the service that owns the repository, or null.</summary>
    public string? Owner => _owner.Owner;

    /// <summary>What counts of the index where a catalog says so.</summary>
    public RepositoryIndexObjects IndexObjects { get; }

    /// <summary>The keys that open the repository.</summary>
    public RepositoryKeys Keys { get; }

    /// <summary>What it may move at most; may be changed at any time.</summary>
    public RepositoryLimits Limits { get; }

    /// <summary>The catalogs that were written to it.</summary>
    public CatalogExports Exports { get; }

    /// <summary>Files that are kept in it for the bad day.</summary>
    public RescueFiles Rescue { get; }

    internal RepositoryContext Context => _context;

    /// <summary>Makes a repository in an empty store. With a <see cref="RepositorySecret.KeyFile"/> whose file does not exist, makes the
    /// file too (mode 0600).</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.AlreadyExists"/> when the store holds one already.</exception>
    public static Task<Repository> CreateAsync(
        IObjectStore store,
        RepositorySecret secret,
        RepositoryOptions options,
        string? cacheFolder,
        TimeProvider clock,
        CancellationToken cancel
    ) => CreateAsync(store, secret, options, cacheFolder, clock, NullLogger.Instance, cancel);

    /// <inheritdoc cref="CreateAsync(IObjectStore, RepositorySecret, RepositoryOptions, string?, TimeProvider, CancellationToken)"/>
    public static async Task<Repository> CreateAsync(
        IObjectStore store,
        RepositorySecret secret,
        RepositoryOptions options,
        string? cacheFolder,
        TimeProvider clock,
        ILogger log,
        CancellationToken cancel
    ) => new(store, await RepositoryOpening.MakeAsync(store, secret, options, clock, cancel), cacheFolder, clock, log);

    /// <summary>The id of the repository in a store, which needs no key.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/> when there is none.</exception>
    public static async Task<string> ReadIdAsync(IObjectStore store, CancellationToken cancel) =>
        (await RepositoryOpening.ReadConfigAsync(store, cancel)).Id.ToString("N");

    /// <summary>Opens a repository. <paramref name="cacheFolder"/> holds the disposable index cache (a folder a repository is made inside
    /// it); null, or a folder that cannot be used, puts it where it goes with the process.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.WrongKey"/>,
    /// <see cref="FailureKind.UnsupportedVersion"/>, <see cref="FailureKind.Corrupted"/>.</exception>
    public static Task<Repository> OpenAsync(
        IObjectStore store,
        RepositorySecret secret,
        string? cacheFolder,
        TimeProvider clock,
        CancellationToken cancel
    ) => OpenAsync(store, secret, cacheFolder, clock, NullLogger.Instance, cancel);

    /// <inheritdoc cref="OpenAsync(IObjectStore, RepositorySecret, string?, TimeProvider, CancellationToken)"/>
    public static async Task<Repository> OpenAsync(
        IObjectStore store,
        RepositorySecret secret,
        string? cacheFolder,
        TimeProvider clock,
        ILogger log,
        CancellationToken cancel
    ) => new(store, await RepositoryOpening.OpenAsync(store, secret, cancel), cacheFolder, clock, log);

    /// <summary>Backs a device up. The backup exists, durably, when this returns; if it throws, it does not exist, except that after
    /// <see cref="FailureKind.Unavailable"/> <see cref="FindAsync"/> tells.</summary>
    /// <param name="session">Null where no catalog keeps account of writers: then the caller holds the store's lock.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.AlreadyExists"/> when the id is taken; what device, store and session
    /// throw; what <see cref="ThrowIfGoneAsync"/> throws, before a byte is read.</exception>
    public async Task<Manifest> BackupAsync(
        IBlockDevice device,
        BackupRequest request,
        IProgress<BackupProgress>? progress,
        CancellationToken cancel,
        IWriteSession? session = null
    )
    {
        await ThrowIfGoneAsync(cancel);
        return await _context.Index.HealingAsync(() =>
            new VolumeBackup(_context, _manifests, session ?? UnregisteredSession.Instance).RunAsync(device, request, progress, cancel)
        );
    }

    /// <summary>Writes a backup's bytes to a device of at least its size, verifies each chunk and flushes. Bytes past the backup's size are
    /// left alone.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.Refused"/> before a byte is written
    /// when the target is too small; <see cref="FailureKind.Corrupted"/> naming the object and the volume's byte.</exception>
    public async Task<RestoreFigures> RestoreAsync(
        BackupId id,
        IBlockDevice target,
        RestoreOptions options,
        IProgress<RestoreProgress>? progress,
        CancellationToken cancel
    )
    {
        await ThrowIfGoneAsync(cancel);
        var manifest =
            await _manifests.FindAsync(id, cancel)
            ?? throw new HoldfastException(FailureKind.NotFound, $"There is no backup {id} in '{_context.Store.Name}'.");
        return await _context.Index.HealingAsync(
            () => new RestoreRun(_context, manifest, target, options, ThrowIfGoneAsync, progress).RunAsync(cancel)
        );
    }

    /// <summary>Restores a backup to nowhere: every chunk is read, opened and hashed against the map, and the map up to its root, as a
    /// restore does it. Nothing is written.</summary>
    /// <exception cref="HoldfastException">As <see cref="RestoreAsync"/>.</exception>
    public async Task<VerifyFigures> VerifyAsync(BackupId id, IProgress<RestoreProgress>? progress, CancellationToken cancel)
    {
        await ThrowIfGoneAsync(cancel);
        var manifest =
            await _manifests.FindAsync(id, cancel)
            ?? throw new HoldfastException(FailureKind.NotFound, $"There is no backup {id} in '{_context.Store.Name}'.");
        return await _context.Index.HealingAsync(() => RestoreToNowhere.RunAsync(_context, manifest, ThrowIfGoneAsync, progress, cancel));
    }

    /// <summary>All restore points, in order of their ids (of time).</summary>
    /// <param name="damaged">Told of each manifest that is damaged or of a later version, which is then passed over. Without it, the first
    /// of them throws.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> or <see cref="FailureKind.UnsupportedVersion"/> naming the
    /// manifest, where <paramref name="damaged"/> is null.</exception>
    public IAsyncEnumerable<Manifest> ListAsync(CancellationToken cancel, Action<BackupId, HoldfastException>? damaged = null) =>
        _manifests.ListAsync(damaged, cancel);

    /// <summary>Ids of the manifests that are there, by their names: none is read.</summary>
    public async Task<IReadOnlyList<BackupId>> ListIdsAsync(CancellationToken cancel) => await _manifests.ListIdsAsync(cancel);

    public Task<Manifest?> FindAsync(BackupId id, CancellationToken cancel) => _manifests.FindAsync(id, cancel);

    /// <summary>The restore point of a volume with the highest number, or null. Passes over manifests that cannot be read: it is asked for
    /// a parent.</summary>
    public Task<Manifest?> FindLatestAsync(string volume, CancellationToken cancel) => _manifests.FindLatestAsync(volume, cancel);

    /// <summary>The manifest of a restore point of the same bytes under another id, with the same map, to be committed and then put
    /// (<see cref="PutCommittedAsync"/>). Each of the two can be removed without the other.</summary>
    /// <param name="number">Its place among the volume's restore points.</param>
    /// <returns>The manifest and the bytes to put, or null when there is none to copy.</returns>
    /// <exception cref="HoldfastException">What <see cref="FindAsync"/> and <see cref="ThrowIfGoneAsync"/> throw.</exception>
    public async Task<(Manifest Manifest, byte[] Sealed)?> SealCopyAsync(
        BackupId from,
        BackupId id,
        long number,
        CancellationToken cancel
    )
    {
        if (await _manifests.FindAsync(from, cancel) is not { } manifest)
            return null;

        // What is not whole has no whole copies.
        if (await _context.Store.FindSizeAsync(ObjectNames.OfDamagedMark(from), cancel) is not null)
            await DamageMarks.PutAsync(_context.Store, id, cancel);

        var copy = manifest with { Id = id, Number = number };
        return (copy, _manifests.Seal(copy));
    }

    /// <summary>What the bytes of a committed manifest say.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public Manifest OpenCommitted(BackupId id, ReadOnlyMemory<byte> manifest) => _manifests.Open(id, manifest);

    /// <summary>Puts the manifest of a backup that an earlier attempt committed (<see cref="IWriteSession.CommitAsync"/>): the very bytes.
    /// Done twice, it is done once.</summary>
    /// <exception cref="HoldfastException">What <see cref="FindAsync"/> and <see cref="ThrowIfGoneAsync"/> throw.</exception>
    public Task<Manifest> PutCommittedAsync(BackupId id, ReadOnlyMemory<byte> manifest, CancellationToken cancel) =>
        _manifests.PutAsync(_manifests.Open(id, manifest), manifest, cancel);

    /// <summary>Removes a restore point. Space is freed later, by prune. Removing one that does not exist succeeds.</summary>
    /// <exception cref="HoldfastException">What <see cref="ThrowIfGoneAsync"/> throws, and then nothing was removed.</exception>
    /// <param name="unsettled">Whether an earlier request for its manifest may still arrive: then the store is told that it is removed
    /// whatever comes.</param>
    public Task RemoveAsync(BackupId id, bool unsettled, CancellationToken cancel) => _manifests.RemoveAsync(id, unsettled, cancel);

    /// <inheritdoc cref="RemoveAsync(BackupId, bool, CancellationToken)"/>
    public Task RemoveAsync(BackupId id, CancellationToken cancel) => RemoveAsync(id, unsettled: false, cancel);

    /// <summary>Brings a second copy up to date: objects as they are, each opened before it is put there. May run beside all that is done
    /// to this repository. Cut short, it goes on where it was when it is called again.</summary>
    /// <param name="to">Empty, or a copy that was made so. Reading and restoring from it take no more than a key.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when <paramref name="to"/> holds something else, or is this
    /// repository's own place; <see cref="FailureKind.NotFound"/> when it has no copy yet and is to have one;
    /// <see cref="FailureKind.Busy"/> when too much was removed here meanwhile;
    /// <see cref="FailureKind.WriteFailed"/>; what <see cref="ThrowIfGoneAsync"/> and the stores throw.</exception>
    public async Task<CopyReport> CopyToAsync(
        IObjectStore to,
        CopyOptions options,
        IProgress<CopyProgress>? progress,
        CancellationToken cancel
    )
    {
        await ThrowIfGoneAsync(cancel);
        var throttled = new ThrottledObjectStore(to, Limits);
        return await new RepositoryCopy(_context, throttled, ThrowIfGoneAsync, options, progress).RunAsync(cancel);
    }

    /// <summary>Looks whether everything that the repository should hold is there and is what was written. Changes nothing, needs no lock,
    /// and runs beside everything else. Memory is about fifteen bytes a chunk, and some hundreds of MiB at most.</summary>
    /// <exception cref="HoldfastException">What <see cref="ThrowIfGoneAsync"/> throws;
    /// <see cref="FailureKind.UnsupportedVersion"/> naming an object that a newer version wrote;
    /// <see cref="FailureKind.Busy"/> when what seemed to be damaged could not be told from what was being removed.</exception>
    public Task<CheckResult> CheckAsync(CheckOptions options, IProgress<CheckProgress>? progress, CancellationToken cancel) =>
        new CheckRun(_context, _manifests, ThrowIfGoneAsync, options, progress).RunAsync(cancel);

    /// <summary>Mends what can be mended. Nobody else may write meanwhile: the caller holds the store's lock alone. Killed at any moment it
    /// can be run again.</summary>
    /// <exception cref="HoldfastException">What <see cref="CheckAsync"/> throws; <see cref="FailureKind.Refused"/> when
    /// <see cref="RepairOptions.From"/> holds another repository; what the store throws.</exception>
    public Task<RepairResult> RepairAsync(RepairOptions options, IProgress<CheckProgress>? progress, CancellationToken cancel) =>
        new RepairRun(_context, _manifests, ThrowIfGoneAsync, options, progress).RunAsync(cancel);

    /// <summary>Deletes what nobody needs, by what a ledger says. May be killed at any point: the next run goes on.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> and <see cref="FailureKind.Corrupted"/>, naming what stands in
    /// the way; nothing is deleted then. <see cref="FailureKind.Busy"/>, and what the ledger throws.</exception>
    public async Task<PruneFigures> PruneAsync(IPruneLedger ledger, PruneOptions options, CancellationToken cancel)
    {
        await ThrowIfGoneAsync(cancel);
        var counter = new PruneCounter(options.Progress);
        return await PruneRounds.RunAsync(() => MakeRun(ledger, options, counter), cancel);
    }

    /// <summary>What <see cref="PruneAsync"/> would find and do. Changes nothing.</summary>
    public async Task<PruneFigures> LookAtPruneAsync(IPruneLedger ledger, PruneOptions options, CancellationToken cancel)
    {
        await ThrowIfGoneAsync(cancel);
        using var run = MakeRun(ledger, options, new PruneCounter(options.Progress));
        return await run.LookAsync(cancel);
    }

    /// <summary>A ledger for a repository that no service owns.</summary>
    public IPruneLedger MakeFolderLedger() => new FolderPruneLedger(_context, _manifests);

    public async Task<RepositoryStats> StatsAsync(CancellationToken cancel)
    {
        var data = await CountAsync(ObjectNames.Data, cancel);
        var map = await CountAsync(ObjectNames.Map, cancel);
        var index = await CountAsync(ObjectNames.Index, cancel);
        var manifests = await CountAsync(ObjectNames.Manifests, cancel);
        return new RepositoryStats(manifests.Count, data.Count, map.Count, data.Bytes, map.Bytes, index.Bytes, manifests.Bytes);
    }

    /// <summary>Reads <c>config</c> again and compares: whether the repository that was opened is still there.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.RepositoryAway"/> when it is not there, or another is;
    /// <see cref="FailureKind.Corrupted"/> when <c>config</c> is damaged or was changed by somebody without the key;
    /// <see cref="FailureKind.Refused"/> when another has become its owner.</exception>
    public Task ThrowIfGoneAsync(CancellationToken cancel) => _presence.ThrowIfGoneAsync(cancel);

    /// <summary>What <see cref="ThrowIfGoneAsync"/> finds, as an answer, within 5 seconds even where the store does not answer.</summary>
    public Task<RepositoryHealth> CheckHealthAsync(CancellationToken cancel) => _presence.CheckAsync(cancel);

    /// <summary>Makes a service the owner, or nobody (null). An offline writer refuses an owned repository unless told otherwise.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when it has another owner, which was not made so by this
    /// object.</exception>
    public Task SetOwnerAsync(string? owner, CancellationToken cancel) => SetOwnerAsync(owner, evenIfOwned: false, cancel);

    /// <inheritdoc cref="SetOwnerAsync(string?, CancellationToken)"/>
    /// <param name="evenIfOwned">Whether another owner is known to be gone for good.</param>
    public Task SetOwnerAsync(string? owner, bool evenIfOwned, CancellationToken cancel) => _owner.SetAsync(owner, evenIfOwned, cancel);

    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the repository has an owner and it is not
    /// <paramref name="me"/>.</exception>
    public void ThrowIfOwnedByAnother(string? me) => _owner.ThrowIfOwnedByAnother(me);

    /// <summary>Makes the repository another catalog's: who has it open, this object too, refuses to go on with it. Open it again. What the
    /// old catalog's service puts from now on counts for nobody once <see cref="PutRollAsync"/> is done.</summary>
    /// <param name="owner">What the new catalog's service calls itself.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.RepositoryAway"/> when the store does not hold it any more; what the
    /// store throws.</exception>
    public Task BeginEraAsync(string owner, CancellationToken cancel) => _owner.BeginEraAsync(owner, cancel);

    /// <summary>Says which restore points this era began with, once.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when another process has said otherwise; what
    /// <see cref="ThrowIfGoneAsync"/> throws, before and after.</exception>
    public async Task PutRollAsync(IEnumerable<BackupId> backups, CancellationToken cancel)
    {
        await ThrowIfGoneAsync(cancel);
        await new Roll(Era, backups.ToHashSet()).PutAsync(_context.Store, _context.Keys, cancel);
        await ThrowIfGoneAsync(cancel);
    }

    /// <summary>What was found out of an object store: whether it keeps writers apart. Null for a folder, and where it was not asked
    /// yet.</summary>
    public Task<KnownStoreClass?> FindStoreClassAsync(CancellationToken cancel) => _storeClass.FindAsync(cancel);

    /// <summary>Asks an object store anew. Null for a folder.</summary>
    public Task<KnownStoreClass?> AskStoreClassAsync(CancellationToken cancel) => _storeClass.AskAsync(cancel);

    /// <summary>What this object found of the store last, without asking; null for a folder, and where it has not looked.</summary>
    public KnownStoreClass? LastStoreClass => _storeClass.Last;

    /// <summary>What was found out of an object store; asks it where that was not done yet. Null for a folder.</summary>
    public async Task<KnownStoreClass?> KnowStoreClassAsync(CancellationToken cancel) =>
        await FindStoreClassAsync(cancel) ?? await AskStoreClassAsync(cancel);

    /// <summary>A key of 32 bytes for a purpose of the service that owns the repository: the same in every process, and in no object of the
    /// repository. Spec: section 3.</summary>
    public byte[] DeriveServiceKey(string purpose) => _context.Keys.ServiceKey(purpose);

    public ValueTask DisposeAsync() => _context.Index.DisposeAsync();

    private PruneRun MakeRun(IPruneLedger ledger, PruneOptions options, PruneCounter counter) =>
        new(_context, ledger, new PruneChecks(_context, _manifests, _presence.ThrowIfGoneAsync), options, counter);

    private async Task<(int Count, long Bytes)> CountAsync(string prefix, CancellationToken cancel)
    {
        var (count, bytes) = (0, 0L);
        await foreach (var entry in _context.Store.ListAsync(prefix, cancel))
        {
            count++;
            bytes += entry.Size;
        }

        return (count, bytes);
    }
}
