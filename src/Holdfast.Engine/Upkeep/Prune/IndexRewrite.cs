using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// Puts index objects without certain packs in place of those that name them, and joins small ones. The order in which packs are named
/// stays: of two places of an item the later counts. Spec: docs/format/prune.md, section 3.
/// </summary>
/// <param name="joins">Whether small ones are joined: false where room is short.</param>
internal sealed class IndexRewrite(RepositoryContext repository, Marking marking, IReadOnlySet<Guid> gone, bool joins)
{
    /// <summary>Small ones in a row are joined when they are this many.</summary>
    private const int Joined = 8;

    /// <summary>Where nothing goes, small ones are joined for their own sake when there are this many: each costs every process that opens
    /// the repository a read.</summary>
    private const int Many = 64;

    private readonly List<PruneIndex> _added = [];
    private readonly List<Guid> _removed = [];

    /// <summary>What is to count from now on; all of it is in the store.</summary>
    public IReadOnlyList<PruneIndex> Added => _added;

    /// <summary>What is not to count any more.</summary>
    public IReadOnlyList<Guid> Removed => _removed;

    /// <summary>Whether there is anything to do.</summary>
    public bool IsWorth => gone.Count > 0 || (joins && marking.Index.Values.Count(IsSmall) >= Many);

    public async Task RunAsync(CancellationToken cancel)
    {
        var runs = Runs();
        var rewritten = runs.SelectMany(run => run).ToHashSet();
        var named = new HashSet<Guid>();
        foreach (var run in runs)
            await RewriteAsync(
                run,
                pack => PruneRules.Sound.StaysNamed(gone.Contains(pack), IsNamedBeside(pack, rewritten)) && named.Add(pack),
                cancel
            );
    }

    /// <summary>What is to be rewritten: index objects that stand next to each other. One that stays ends a run, for what is before it must
    /// not come to stand behind it.</summary>
    private List<List<Guid>> Runs()
    {
        // A pack is named twice where a run was killed between a put and a delete; the last one is enough.
        var affected = new HashSet<Guid>();
        foreach (var pack in marking.Packs)
        {
            var isGone = gone.Contains(pack.Info.Pack);
            affected.UnionWith(pack.Index.Where(index => PruneRules.Sound.MustReplace(isGone, index != pack.Index[^1])));
        }

        List<List<Guid>> runs =
        [
            [],
        ];
        foreach (var (id, facts) in marking.Index.OrderBy(index => index.Key))
        {
            if (affected.Contains(id) || (joins && IsSmall(facts)))
                runs[^1].Add(id);
            else if (runs[^1].Count > 0)
                runs.Add([]);
        }

        return [.. runs.Where(run => run.Count >= Joined || run.Exists(affected.Contains))];
    }

    private bool IsSmall(IndexFacts facts) =>
        !facts.Unfinished && facts.Packs <= repository.PacksPerIndex / 4 && facts.Items <= IndexObject.MostItems / 4;

    private bool IsNamedBeside(Guid pack, HashSet<Guid> rewritten) =>
        marking.Find(pack) is { } marked && marked.Index.Any(index => !rewritten.Contains(index));

    private async Task RewriteAsync(List<Guid> run, Func<Guid, bool> keep, CancellationToken cancel)
    {
        var (kept, old, items) = (new List<IndexedPack>(), new List<Guid>(), 0);
        foreach (var id in run)
        {
            var index = await repository.Index.ReadAsync(id, cancel);
            old.Add(id);
            foreach (var pack in index.Packs.Where(pack => keep(pack.Pack)))
            {
                kept.Add(pack);
                items += pack.Directory.Items.Count;
            }

            if (kept.Count >= repository.PacksPerIndex || items >= IndexObject.MostItems)
            {
                await PutAsync(kept, items, old, cancel);
                (kept, old, items) = ([], [], 0);
            }
        }

        await PutAsync(kept, items, old, cancel);
    }

    private async Task PutAsync(List<IndexedPack> packs, long items, List<Guid> old, CancellationToken cancel)
    {
        _removed.AddRange(old);
        if (packs.Count == 0)
            return;

        var id = IndexNames.Like(old[^1]);
        _added.Add(new PruneIndex(id, items, await repository.Index.PutUnregisteredAsync(id, new IndexObject(old, packs), cancel)));
    }
}
