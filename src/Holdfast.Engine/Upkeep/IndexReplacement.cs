using System.Buffers;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>
/// Puts new index objects in the place of those that name damaged or missing packs, or that others stand in place of, or that cannot be
/// read; then removes these. When this begins, every pack that holds something is named by an index object that stays, or is carried over.
/// </summary>
internal sealed class IndexReplacement(RepositoryContext repository, Inventory inventory, IndexGathering index, bool isDryRun)
{
    /// <summary>Packs that are carried over already: superseded index objects may name them twice.</summary>
    private readonly HashSet<Guid> _carried = [];

    /// <summary>Index objects that were removed.</summary>
    public int Removed { get; private set; }

    public async Task RunAsync(CancellationToken cancel)
    {
        foreach (var known in inventory.Indexes.Where(known => known.Flaw is null && IsToGo(known)))
        {
            var packs = known.Packs.Count == 0 ? [] : (await repository.Index.ReadAsync(known.Id, cancel)).Packs;
            for (var i = 0; i < packs.Count; i++)
            {
                if (IsToBeCarried(known, known.Packs[i]))
                    index.Add(packs[i]);
            }

            index.Supersede(known.Id);
            if (index.IsFull)
                await RemoveAsync(await index.FlushAsync(cancel), cancel);
        }

        await RemoveAsync(await index.FlushAsync(cancel), cancel);
        foreach (var flawed in inventory.Indexes.Where(known => known.Flaw is not null))
        {
            var key = ObjectNames.OfIndex(flawed.Id);
            if (!isDryRun)
                await PutAsideAsync(repository.Store, key, cancel);

            await RemoveAsync([flawed.Id], cancel);
        }
    }

    /// <summary>Keeps a copy of a damaged object, for whoever can make something of it.</summary>
    /// <returns>False when it is not there, or so damaged that it cannot be read.</returns>
    public static async Task<bool> PutAsideAsync(IObjectStore store, ObjectKey key, CancellationToken cancel)
    {
        try
        {
            var bytes = await store.ReadWholeAsync(key, cancel);
            await store.PutIfAbsentAsync(ObjectNames.OfAside(key), new ReadOnlySequence<byte>(bytes), cancel);
            return true;
        }
        catch (Basics.HoldfastException e)
            when (e.Kind is Basics.FailureKind.NotFound or Basics.FailureKind.Corrupted or Basics.FailureKind.Unavailable)
        {
            return false;
        }
    }

    private bool IsToGo(KnownIndex known) => known.IsSuperseded || known.Packs.Any(pack => inventory.Packs[pack].Verdict.Flaw is not null);

    private bool IsToBeCarried(KnownIndex known, int number)
    {
        var pack = inventory.Packs[number];
        return pack.Verdict.Flaw is null && !(known.IsSuperseded && pack.Counts) && _carried.Add(pack.Info.Pack);
    }

    private async Task RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancel)
    {
        foreach (var id in ids)
        {
            Removed++;
            if (!isDryRun)
                await repository.Store.DeleteAsync(ObjectNames.OfIndex(id), cancel);
        }
    }
}
