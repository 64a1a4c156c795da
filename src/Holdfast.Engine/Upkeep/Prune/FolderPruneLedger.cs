using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// The ledger of a repository that nobody owns: what counts is what lies in the store, the store's lock keeps others out while that
/// changes, and what is decided is remembered only as long as this run. Spec: docs/format/prune.md, section 7.
/// </summary>
internal sealed class FolderPruneLedger(RepositoryContext repository, ManifestStore manifests) : IPruneLedger
{
    private readonly Dictionary<string, PruneFate> _fates = [];

    public Guid Run { get; } = Guid.CreateVersion7();

    public bool PutsMarks => false;

    public async Task<PruneView> ReadAsync(CancellationToken cancel)
    {
        // Manifests first: the index objects of each of them were put before it was.
        var roots = new List<PruneRoot>();
        await foreach (var manifest in manifests.ListAsync(damaged: ThrowDamaged, cancel))
            roots.Add(PruneChecks.RootOf(manifest));

        var index = (await repository.Store.ListIdsAsync(ObjectNames.Index, "N", cancel)).ToDictionary(one => one.Id, _ => false);
        var config = RepositoryConfig.Read(await repository.Store.ReadWholeAsync(ObjectNames.Config, cancel), repository.Store.Name);
        if (config.Owner is { } owner)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The repository in '{repository.Store.Name}' belongs to the service '{owner}', which alone knows what its backups need "
                    + $"while they are made. Use the service's own 'holdfast repo prune'."
            );
        }

        return new PruneView
        {
            Era = config.Era,
            Roots = roots,
            Unrooted = new Dictionary<BackupId, bool>(),
            Backups = null,
            Index = index,
            Fates = [.. _fates.Values],
            Writers = [],
            Runs = null,
        };
    }

    public Task KeepRootsAsync(IReadOnlyList<PruneRoot> roots, CancellationToken cancel) => Task.CompletedTask;

    public Task CondemnAsync(IReadOnlyList<PruneFate> objects, CancellationToken cancel)
    {
        foreach (var fate in objects)
            _fates.TryAdd(fate.Key, fate);

        return Task.CompletedTask;
    }

    public Task DecideAsync(IReadOnlyList<string> back, IReadOnlyList<string> dead, CancellationToken cancel)
    {
        foreach (var key in back)
            _fates.Remove(key);

        foreach (var key in dead)
            _fates[key] = _fates[key] with { State = FateState.Deleting };

        return Task.CompletedTask;
    }

    /// <summary>That they were put is all that it takes.</summary>
    public Task RegisterAsync(IReadOnlyList<PruneIndex> added, IReadOnlyList<Guid> removed, CancellationToken cancel) => Task.CompletedTask;

    public Task ForgetAsync(IReadOnlyList<string> objects, CancellationToken cancel)
    {
        foreach (var key in objects)
            _fates.Remove(key);

        return Task.CompletedTask;
    }

    public async Task<IAsyncDisposable> HoldAsync(bool alone, CancellationToken cancel) =>
        repository.Store is ILockableStore lockable
            ? await lockable.LockAsync(alone, cancel)
            : throw new HoldfastException(
                FailureKind.Refused,
                $"The store '{repository.Store.Name}' has no lock that keeps others out while prune deletes. Run a service on it, "
                    + $"which prunes."
            );

    private void ThrowDamaged(BackupId backup, HoldfastException why) =>
        throw new HoldfastException(
            FailureKind.Refused,
            $"Prune deletes nothing: what backup {backup} needs is not known. {why.Message} 'holdfast backup delete {backup}' removes it "
                + $"for good.",
            why
        );
}
