using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// One run of prune, step by step. Killed after any of them it leaves nothing that needs repair, and the next run goes on. The numbers in
/// comments are the steps of docs/format/prune.md, section 3. One thread at a time.
/// </summary>
internal sealed class PruneRun(
    RepositoryContext repository,
    IPruneLedger ledger,
    PruneChecks checks,
    PruneOptions options,
    PruneCounter counter
) : IDisposable
{
    /// <summary>About what an index object takes for an item, for those that came after the listing.</summary>
    private const int BytesPerItem = 40;

    private readonly Marking _marking = new(repository, repository.Index.ScratchFolder);
    private readonly List<string> _damaged = [];
    private StoreListing? _listing;

    /// <summary>Whether this run left something for the next because there was too little room to put what replaces it.</summary>
    public bool IsShortOfRoom { get; private set; }

    /// <summary>Steps 1 to 3: what a run would do.</summary>
    public async Task<PruneFigures> LookAsync(CancellationToken cancel)
    {
        var (view, plan) = await PlanAsync(cancel);
        return PruneCount.Of(_marking, view, plan);
    }

    public async Task<PruneFigures> RunAsync(CancellationToken cancel)
    {
        var (view, plan) = await PlanAsync(cancel);
        var figures = PruneCount.Of(_marking, view, plan);
        PruneLog.Planned(
            repository.Log,
            ledger.Run.ToString("N"),
            figures.Packs,
            plan.Dead.Count,
            plan.Rewrite.Count,
            plan.Loose.Count,
            view.Fates.Count
        );

        // 4, 5
        var (moved, rewritten) = await CompactAsync(plan, cancel);
        await CondemnAsync(plan, moved, cancel);

        // 6 to 13
        var freed = await DeleteAsync(cancel);
        PruneLog.Done(repository.Log, ledger.Run.ToString("N"), freed.Packs, freed.Bytes, moved.Count);
        return PruneCount.After(figures, _marking, await ledger.ReadAsync(cancel)) with
        {
            BytesFreed = freed.Bytes,
            PacksDeleted = freed.Packs,
            PacksRewritten = moved.Count,
            BytesRewritten = rewritten,
            DamagedPacks = _damaged,
        };
    }

    public void Dispose() => _marking.Dispose();

    private async Task<(PruneView View, PrunePlan Plan)> PlanAsync(CancellationToken cancel)
    {
        // 2: before what counts is read. What comes into the store after this is nobody's business here.
        var listing = _listing = await StoreListing.ReadAsync(repository, cancel);
        counter.Expect(listing.Index.Values.Sum());

        // 3
        var view = await ledger.ReadAsync(cancel);
        await checks.RunAsync(listing, view, cancel);
        await MarkAsync(view, cancel);
        if (_marking.Missing > 0)
            PruneLog.Missing(repository.Log, _marking.Missing);

        var fates = view.Fates.Select(fate => fate.Key).ToHashSet();
        var room = repository.Room.Find(RoomUse.Replacement) ?? long.MaxValue;
        var plan = PrunePlan.Make(_marking, listing, view, fates, repository.PackSize, room, options);
        IsShortOfRoom = plan.IsShortOfRoom;
        return (view, plan);
    }

    /// <summary>Loads and walks what was not before, and gives each item its home by the fates that there are now.</summary>
    private async Task MarkAsync(PruneView view, CancellationToken cancel)
    {
        var listing = _listing ?? throw new InvalidOperationException("The store was not listed.");
        foreach (var (index, unfinished) in view.Index.Where(index => !_marking.Index.ContainsKey(index.Key)).OrderBy(index => index.Key))
        {
            try
            {
                await _marking.LoadAsync(index, unfinished, pack => listing.HoldsAsync(pack, index, cancel), cancel);
                counter.Add(listing.LengthOf(index) ?? 0);
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
            {
                throw AnotherOne(index, e);
            }
        }

        if (_marking.Index.Keys.FirstOrDefault(index => !view.Index.ContainsKey(index)) is var gone && gone != Guid.Empty)
            throw AnotherOne(gone, null);

        var read = await checks.ReadRootsAsync(listing, view, cancel);
        if (read.Count > 0)
            await ledger.KeepRootsAsync(read, cancel);

        List<PruneRoot> roots = [.. view.Roots, .. read];
        foreach (var turn in Enum.GetValues<PruneTurn>())
            await _marking.WalkAsync(turn, roots, cancel);

        SetFates(view);
        _marking.Join(cancel);
    }

    private static HoldfastException AnotherOne(Guid index, HoldfastException? e) =>
        new(
            FailureKind.Busy,
            $"Another prune was at work: object '{ObjectNames.OfIndex(index)}' is gone. Nothing is lost, and this run ends; try again.",
            e
        );

    private void SetFates(PruneView view)
    {
        var fates = view.Fates.ToDictionary(fate => fate.Key);
        foreach (var pack in _marking.Packs)
            pack.Fate = fates.GetValueOrDefault(pack.Key.Value);
    }

    private async Task<(IReadOnlyList<MarkedPack> Moved, long Bytes)> CompactAsync(PrunePlan plan, CancellationToken cancel)
    {
        if (plan.Rewrite.Count == 0)
            return ([], 0);

        counter.Expect(plan.Rewrite.Sum(pack => pack.Length));
        await using var beside = await ledger.HoldAsync(alone: false, cancel);
        using var compaction = new Compaction(
            repository,
            _marking,
            async index =>
            {
                var (id, bytes) = await repository.Index.PutUnregisteredAsync(index, cancel);
                await ledger.RegisterAsync([new PruneIndex(id, index.ItemCount, bytes)], [], cancel);
            },
            counter
        );
        try
        {
            await compaction.RunAsync(plan.Rewrite, plan.Joined, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NoSpace)
        {
            // Somebody else took the room. What was copied has a second place, which the next marking finds; what is dead goes now.
            PruneLog.ShortOfRoom(repository.Log, ledger.Run.ToString("N"), e.Message);
            IsShortOfRoom = true;
            return ([], compaction.BytesPut);
        }

        _damaged.AddRange(compaction.Damaged.Select(pack => pack.Key.Value));
        return (compaction.Moved, compaction.BytesPut);
    }

    private async Task CondemnAsync(PrunePlan plan, IReadOnlyList<MarkedPack> moved, CancellationToken cancel)
    {
        var objects = plan
            .Dead.Select(pack => Fate(pack.Key.Value, pack.Length, FateReason.Dead))
            .Concat(moved.Select(pack => Fate(pack.Key.Value, pack.Length, FateReason.Moved)))
            .Concat(plan.Loose.Select(loose => Fate(loose.Key.Value, loose.Bytes, FateReason.Loose)));
        foreach (var batch in objects.Chunk(PruneOptions.BatchSize))
            await ledger.CondemnAsync(batch, cancel);

        static PruneFate Fate(string key, long bytes, FateReason reason) => new(key, bytes, FateState.Condemned, reason, Epoch: 0);
    }

    /// <summary>Steps 6 to 13.</summary>
    private async Task<(long Packs, long Bytes)> DeleteAsync(CancellationToken cancel)
    {
        List<PruneFate> deleting;
        IndexRewrite rewrite;
        long era;
        await using (await ledger.HoldAsync(alone: true, cancel))
        {
            // 7
            var view = await ledger.ReadAsync(cancel);
            era = view.Era;
            await MarkAsync(view, cancel);

            // 8
            deleting = await DecideAsync(view, cancel);
            rewrite = PlanRewrite(ref deleting);
            if (deleting.Count == 0 && !rewrite.IsWorth)
                return (0, 0);

            // 9
            if (ledger.PutsMarks && deleting.Count > 0)
                await PruneMark.PutAsync(
                    repository.Store,
                    repository.Keys,
                    ledger.Run,
                    era,
                    [.. deleting.Select(fate => fate.Key)],
                    cancel
                );

            // 10
            await rewrite.RunAsync(cancel);
            if (rewrite.Removed.Count > 0)
                await ledger.RegisterAsync(rewrite.Added, rewrite.Removed, cancel);

            // 11, 12: first what names packs.
            await checks.LookAtConfigAsync(era, cancel);
            foreach (var index in rewrite.Removed)
                await repository.Store.DeleteAsync(ObjectNames.OfIndex(index), cancel);

            foreach (var index in deleting.Where(IsIndex))
                await repository.Store.DeleteAsync(new ObjectKey(index.Key), cancel);
        }

        foreach (var pack in deleting.Where(fate => !IsIndex(fate)))
            await repository.Store.DeleteAsync(new ObjectKey(pack.Key), cancel);

        // 13
        if (ledger.PutsMarks)
            await repository.Store.DeleteAsync(ObjectNames.OfPruneMark(ledger.Run), cancel);

        foreach (var batch in deleting.Chunk(PruneOptions.BatchSize))
            await ledger.ForgetAsync([.. batch.Select(fate => fate.Key)], cancel);

        var old = rewrite.Removed.Sum(index => _listing?.Index.GetValueOrDefault(index) ?? 0) - rewrite.Added.Sum(index => index.Bytes);
        return (deleting.Count(fate => !IsIndex(fate)), deleting.Sum(fate => fate.Bytes) + Math.Max(0, old));
    }

    /// <summary>What is to become of the index objects. Where room is short, packs whose index objects do not fit stay as they are for a
    /// later run: they are on their way out all the same.</summary>
    private IndexRewrite PlanRewrite(ref List<PruneFate> deleting)
    {
        var keys = deleting.Select(fate => fate.Key).ToHashSet();
        var packs = _marking.Packs.Where(pack => keys.Contains(pack.Key.Value)).ToList();
        var lengths = _marking.Index.ToDictionary(
            index => index.Key,
            index => _listing?.LengthOf(index.Key) ?? index.Value.Items * BytesPerItem
        );
        var room = repository.Room.Find(RoomUse.Index) ?? long.MaxValue;
        var isRoomForAll = lengths.Values.Sum() <= room;
        var gone = isRoomForAll ? [.. packs.Select(pack => pack.Info.Pack)] : IndexFit.Choose(packs, lengths, room);
        var later = packs.Where(pack => !gone.Contains(pack.Info.Pack)).Select(pack => pack.Key.Value).ToHashSet();
        deleting = [.. deleting.Where(fate => !later.Contains(fate.Key))];
        IsShortOfRoom |= later.Count > 0;
        return new IndexRewrite(repository, _marking, gone, joins: isRoomForAll);
    }

    /// <summary>Takes back what is needed, and lets the rest be deleted, of what no session may count on any more.</summary>
    /// <returns>All that is to be deleted, also what earlier runs decided.</returns>
    private async Task<List<PruneFate>> DecideAsync(PruneView view, CancellationToken cancel)
    {
        var needed = _marking.Packs.Where(pack => pack.IsLone).Select(pack => pack.Key.Value).ToHashSet();
        needed.UnionWith(view.Index.Keys.Select(index => ObjectNames.OfIndex(index).Value));

        var judged = view.Fates.Select(fate => (Fate: fate, Verdict: Judge(fate, view, needed))).ToList();
        var undecided = judged.Where(one => one.Verdict != FateVerdict.Leave && one.Fate.State == FateState.Condemned);
        foreach (var batch in undecided.Chunk(PruneOptions.BatchSize))
        {
            var keys = batch.ToLookup(one => one.Verdict, one => one.Fate.Key);
            await ledger.DecideAsync([.. keys[FateVerdict.TakeBack]], [.. keys[FateVerdict.Delete]], cancel);
        }

        return [.. judged.Where(one => one.Verdict == FateVerdict.Delete).Select(one => one.Fate)];
    }

    private FateVerdict Judge(PruneFate fate, PruneView view, HashSet<string> needed) =>
        PruneRules.Sound.Judge(
            new FateStanding(
                IsDeleting: fate.State == FateState.Deleting,
                IsRipe: view.IsRipe(fate),
                IsNeeded: needed.Contains(fate.Key),
                IsLoose: fate.Reason == FateReason.Loose,
                IsWhole: _marking.Missing == 0
            )
        );

    private static bool IsIndex(PruneFate fate) => fate.Key.StartsWith(ObjectNames.Index, StringComparison.Ordinal);
}
