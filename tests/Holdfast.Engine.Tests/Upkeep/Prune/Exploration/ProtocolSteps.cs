using System.Numerics;
using Holdfast.Engine.Index;
using static Holdfast.Engine.Tests.Upkeep.Prune.Exploration.ProtocolState;

namespace Holdfast.Engine.Tests.Upkeep.Prune.Exploration;

/// <summary>
/// The steps of docs/format/prune.md. A step is one transaction or one request to the store; what is decided in it the engine's own rules
/// decide. Not here: damage within objects, pages of a listing, eras, marks (they matter to other catalogs alone), and the order of places
/// of one item, for which the pack's number stands.
/// </summary>
internal sealed class ProtocolSteps(ProtocolWorld world, PruneRules rules, LedgerFaults faults)
{
    private const int Over = 30;
    private const int Wrong = 31;

    public ProtocolState Start()
    {
        var state = new ProtocolState();
        var named = 0UL;
        for (var pack = 0; pack < world.Packs.Length; pack++)
        {
            state.Put(pack, world.Packs[pack]);
            named |= Bit(pack);
        }

        state.Stored &= ~world.Lost;
        state.PutIndex(PackCount, named & ~world.Unnamed);
        state.Registered = Bit(PackCount);
        if (world.Old != 0)
        {
            state.SetRow(OldBackup, Row.Available);
            state.SetManifest(OldBackup, true);
        }

        return state;
    }

    public void AddAll(ProtocolState state, List<Taken> into)
    {
        for (var writer = 0; writer < Writers; writer++)
        {
            if (world.Wants[writer] != 0)
                AddOf(state, writer, "writer", Write(state, writer), into);
        }

        if (world.Restores)
            AddOf(state, Reader, "reader", Read(state), into);

        for (var collector = 0; collector < world.Runs.Length; collector++)
            AddOf(state, FirstCollector + collector, "collector", Collect(state, collector, world.Runs[collector]), into);

        if (Remove(state) is { } removed)
            into.Add(removed);
    }

    /// <summary>The step of a collector that is alone, or null when its run is over.</summary>
    public Taken? Collect(ProtocolState state) => Collect(state, Collectors - 1, Rounds);

    public bool IsRemoving(ProtocolState state) => world.Removed >= 0 && state.RowOf(world.Removed) == Row.Deleting;

    public Taken? Remove(ProtocolState state)
    {
        if (world.Removed < 0)
            return null;

        var next = state.Copy();
        var (row, there) = (state.RowOf(world.Removed), state.HasManifest(world.Removed));
        if (row == Row.Available)
            next.SetRow(world.Removed, Row.Deleting);
        else if (row == Row.Deleting && faults.RowOfARemovalGoesFirst)
            next.SetRow(world.Removed, Row.Gone);
        else if (row is Row.Deleting or Row.Gone && there)
            next.SetManifest(world.Removed, false);
        else if (row == Row.Deleting)
            next.SetRow(world.Removed, Row.Gone);
        else
            return null;

        return new Taken("removal", row == Row.Available ? "is ordered" : there ? "deletes manifest or row" : "deletes the row", next);
    }

    public ulong NeededBy(int backup) => backup == OldBackup ? world.Old : world.Wants[backup];

    /// <summary>Nobody is alive any more, and the catalog knows.</summary>
    public static ProtocolState WithoutAnybody(ProtocolState state)
    {
        var next = state.Copy();
        next.Sessions = 0;
        next.Fences = 0;
        for (var process = 0; process < FirstCollector + Collectors; process++)
        {
            next.Memory(process, Word.At) = 0;
            next.Forget(process, 0);
        }

        return next;
    }

    /// <summary>What is wrong in a state, or null.</summary>
    public string? Broken(ProtocolState state)
    {
        if ((state.Registered & ~state.Stored) != 0)
            return "an index object that counts is not in the store";

        var (counted, stored) = (state.Readable(state.Registered), state.Readable(state.Stored));
        var lost = LostAtFirst;
        for (var backup = 0; backup <= OldBackup; backup++)
        {
            var (row, need) = (state.RowOf(backup), NeededBy(backup));
            if (row is Row.Committed or Row.Available && (need & ~(counted | lost)) != 0)
                return $"backup {backup} ({row}) needs a chunk that no index object that counts leads to";

            if (state.HasManifest(backup) && row is not Row.Deleting && (need & ~(stored | lost)) != 0)
                return $"the manifest of backup {backup} needs a chunk that cannot be read";

            if (row is Row.Committed or Row.Available && (need & ~state.ChunksInAll(state.Stored & AllPacks)) != 0)
                return $"backup {backup} needs a chunk that is in no pack, named or not";
        }

        return state.At(Reader) == Wrong ? "a restore fails though nothing is missing" : null;
    }

    /// <summary>What is left, though nobody needs it, when collectors have been alone; or null.</summary>
    public string? Left(ProtocolState state)
    {
        var need = Roots(state);
        if (state.WithFate != 0)
            return "something is on its way out for ever";

        var homes = Homes(state, need, state.NamedByAll(state.Registered), state.Stored);
        if (homes.Missing == 0 && (state.Stored & ~AllPacks) != state.Registered)
            return "an index object stays that does not count";

        if ((need & ~homes.Found & ~LostAtFirst) != 0)
            return "what is needed is not there";

        if (homes.Missing == 0 && (state.Stored & AllPacks) != homes.Packs)
            return "a pack stays that is no chunk's home";

        return (state.NamedByAll(state.Registered) & ~state.Stored & ~world.Lost) != 0 ? "an index object names what is gone" : null;
    }

    /// <summary>What no index object led to before anybody began.</summary>
    private ulong LostAtFirst => world.Unnamed == 0 ? 0 : world.Old;

    private void AddOf(ProtocolState state, int process, string kind, Taken? step, List<Taken> into)
    {
        if (step is { } taken)
            into.Add(taken);

        if (state.HasSession(process) && state.Fences < world.MostFences)
        {
            var next = state.Copy();
            next.EndSession(process);
            next.Fences++;
            into.Add(new Taken($"{kind} {process}", "is FENCED", next));
        }
    }

    private Taken? Write(ProtocolState state, int writer)
    {
        var own = state.HasSession(writer);
        if (state.At(writer) == Over && (own || state.RowOf(writer) != Row.Committed || state.Round(writer) > 0))
            return null;

        if (world.AreAlike && writer > 0 && state.At(writer) == 0 && state.At(writer - 1) == 0)
            return null;

        var next = state.Copy();
        string what;
        switch (state.At(writer))
        {
            case 0 when faults.FatesAreReadBeforeTheBegin:
                next.Memory(writer, Word.Seen) = state.WithFate & AllPacks;
                next.GoTo(writer, 1);
                what = "reads the fates";
                break;
            case 0 or 1:
                var parent = world.Parents[writer];
                var held = parent >= 0 && state.RowOf(parent) == Row.Available ? NeededBy(parent) : 0;
                next.BeginSession(writer, state.Epoch, faults.ParentIsNotHeld ? 0 : held);
                if (!faults.FatesAreReadBeforeTheBegin)
                    next.Memory(writer, Word.Seen) = state.WithFate & AllPacks;

                next.Memory(writer, Word.Chunks) = world.Wants[writer] & ~held;
                next.GoTo(writer, (world.Wants[writer] & ~held) == 0 ? 7 : 2);
                what = "tx: begins";
                break;
            case 2:
                next.Memory(writer, Word.View) = state.NamedByAll(Mask(state.Stored & ~AllPacks, state, StandsInIndex));
                next.GoTo(writer, 3);
                what = "reads the index";
                break;
            case 3:
                next.Memory(writer, Word.Chunks) = ToStore(state, writer);
                (next.Memory(writer, Word.View), next.Memory(writer, Word.Seen)) = (0, 0);
                next.GoTo(writer, next.Memory(writer, Word.Chunks) == 0 ? 7 : 4);
                what = "looks its chunks up";
                break;
            case 4:
                next.Put(PackOf(writer), state.Memory(writer, Word.Chunks));
                next.Memory(writer, Word.Chunks) = 0;
                next.GoTo(writer, 5);
                what = "puts its pack";
                break;
            case 5:
                next.PutIndex(IndexOf(writer), Bit(PackOf(writer)));
                next.GoTo(writer, 6);
                what = "puts its index object";
                break;
            case 6 when own || faults.RegisteringIsNotFenced:
                next.Registered |= Bit(IndexOf(writer));
                next.GoTo(writer, 7);
                what = "tx: registers";
                break;
            case 7 when own || faults.CommitIsNotFenced:
                next.SetRow(writer, Row.Committed);
                next.GoTo(writer, 8);
                what = "tx: COMMITS";
                break;
            case 8:
                next.SetManifest(writer, true);
                next.GoTo(writer, 9);
                what = "puts the manifest";
                break;
            case 9 when own:
                next.SetRow(writer, Row.Available);
                next.EndSession(writer);
                next.Forget(writer, Over);
                what = "tx: ends";
                break;
            case 6 or 7 or 9:
                next.Forget(writer, Over);
                what = "tx refused: fenced";
                break;
            case Over:
                next.BeginSession(writer, state.Epoch, held: 0);
                next.NextRound(writer);
                next.GoTo(writer, 8);
                what = "tx: its next attempt begins";
                break;
            default:
                return null;
        }

        return new Taken($"writer {writer}", what, next);
    }

    private ulong ToStore(ProtocolState state, int writer)
    {
        var store = 0UL;
        foreach (var chunk in In(state.Memory(writer, Word.Chunks)))
        {
            var places = Mask(state.Memory(writer, Word.View), state, (s, pack) => (s.ChunksIn(pack) & Bit(chunk)) != 0);
            var place = places == 0 ? -1 : BitOperations.Log2(places);
            var had = place >= 0 && (state.Memory(writer, Word.Seen) & Bit(place)) != 0;
            if (place < 0 || !rules.MayCountOn(had) || (state.Stored & Bit(place)) == 0)
                store |= Bit(chunk);
        }

        return store;
    }

    private bool StandsInIndex(ProtocolState state, int index) => rules.IndexCounts((state.Registered & Bit(index)) != 0);

    private Taken? Read(ProtocolState state)
    {
        if (state.At(Reader) is Over or Wrong)
            return null;

        var next = state.Copy();
        string what;
        switch (state.At(Reader))
        {
            case 0 when state.RowOf(OldBackup) == Row.Available:
                next.BeginSession(Reader, state.Epoch, world.Old);
                next.GoTo(Reader, 1);
                what = "tx: begins";
                break;
            case 1:
                next.Memory(Reader, Word.View) = state.Registered & state.Stored;
                next.GoTo(Reader, 2);
                what = "lists the index";
                break;
            case 2:
                var listed = state.Memory(Reader, Word.View);
                if ((listed & ~state.Stored) != 0 && !faults.ReaderPassesOver)
                {
                    next.GoTo(Reader, 1);
                    what = "an index object went: lists again";
                    break;
                }

                var places = Mask(state.NamedByAll(listed & state.Stored), state, (s, pack) => (s.ChunksIn(pack) & world.Old & 1) != 0);
                var place = places == 0 ? 0 : BitOperations.Log2(places) + 1;
                var missed = state.Memory(Reader, Word.Packs) >> 8;
                next.Memory(Reader, Word.View) = 0;
                next.Memory(Reader, Word.Packs) = (uint)place | (missed << 8);
                next.GoTo(Reader, place == 0 || (ulong)place == missed ? Wrong : 3);
                what = "looks a chunk up";
                break;
            case 3:
                var pack = (int)(state.Memory(Reader, Word.Packs) & 255) - 1;
                if ((state.Stored & Bit(pack)) != 0)
                {
                    next.EndSession(Reader);
                    next.Forget(Reader, Over);
                }
                else
                {
                    next.Memory(Reader, Word.Packs) = (ulong)(pack + 1) << 8;
                    next.GoTo(Reader, 1);
                }

                what = "reads it";
                break;
            default:
                return null;
        }

        return new Taken("reader", what, next);
    }

    private Taken? Collect(ProtocolState state, int collector, int runs)
    {
        var me = FirstCollector + collector;
        var (at, round) = (state.At(me), state.Round(me));
        if (at == 0 && (round >= runs || (!faults.TwoPrunesAtOnce && IsPruning(state))))
            return null;

        var next = state.Copy();
        var own = state.HasSession(me) || faults.TwoPrunesAtOnce;
        if (at == 0)
        {
            next.BeginSession(me, state.Epoch, held: 0);
            next.GoTo(me, 1);
            return new Taken($"collector {collector}", "tx: begins", next);
        }

        var what = at switch
        {
            1 => List(next, me),
            2 => Plan(next, me),
            3 => PutCopy(next, me, CopyOf(collector, round)),
            4 => PutIndexOfCopy(next, me, CopyOf(collector, round), IndexOfCopy(collector, round)),
            5 or 6 or 8 or 10 or 13 or 14 when !own => Stop(next, me, "tx refused: fenced"),
            5 => RegisterCopy(next, me, IndexOfCopy(collector, round)),
            6 => Condemn(next, me),
            7 => LookAgain(next, me),
            8 => Decide(next, me),
            9 => PutInPlace(next, me, IndexInPlace(collector, round)),
            10 => Replace(next, me, IndexInPlace(collector, round)),
            11 => DeleteIndexObject(next, me),
            12 => DeletePack(next, me),
            13 => ForgetFates(next, me),
            _ => Stop(next, me, "tx: ends"),
        };
        return new Taken($"collector {collector}", what, next);
    }

    private static bool IsPruning(ProtocolState state)
    {
        for (var process = FirstCollector; process < FirstCollector + Collectors; process++)
        {
            if (state.HasSession(process))
                return true;
        }

        return false;
    }

    private static string Stop(ProtocolState state, int me, string what)
    {
        state.EndSession(me);
        state.Forget(me, 0);
        state.NextRound(me);
        return what;
    }

    private static string List(ProtocolState state, int me)
    {
        state.Memory(me, Word.Seen) = state.Stored;
        state.GoTo(me, 2);
        return "lists the store";
    }

    private string Plan(ProtocolState state, int me)
    {
        if (!Load(state, me, state.Registered))
            return Stop(state, me, "ends: an index object went");

        var need = state.Memory(me, Word.Chunks) = Roots(state);
        var named = state.NamedByAll(state.Registered);
        var present = state.Memory(me, Word.Packs);
        var homes = Homes(state, need, named, present);
        var (dead, moved, loose) = (0UL, 0UL, 0UL);
        foreach (var pack in In(named))
        {
            var standing = StandingOf(state, pack, present) with
            {
                IsNamed = true,
                IsUnfinished = IsUnfinished(state, pack),
                HasLive = (homes.Packs & Bit(pack)) != 0,
                IsWhole = homes.Missing == 0,
            };
            if (rules.MayCondemn(standing))
                dead |= Bit(pack);
            else if (world.Compacts && rules.MayMove(standing) && (state.ChunksIn(pack) & ~need) != 0)
                moved |= Bit(pack);
        }

        foreach (var found in In(state.Memory(me, Word.Seen)))
        {
            var isNamed = found < PackCount ? (named & Bit(found)) != 0 : (state.Registered & Bit(found)) != 0;
            var hasFate = (state.WithFate & Bit(found)) != 0;
            if (
                rules.MayCondemnLoose(
                    new PackStanding(IsPresent: true, IsNamed: isNamed, HasFate: hasFate, IsWhole: homes.Missing == 0)
                )
            )
                loose |= Bit(found);
        }

        state.Memory(me, Word.First) = dead | moved | loose;
        state.Memory(me, Word.Second) = loose;
        state.Memory(me, Word.Third) = moved;
        state.GoTo(me, moved != 0 ? 3 : NextToCondemn(state, me));
        return "tx: reads what counts, marks, plans";
    }

    private static int NextToCondemn(ProtocolState state, int me) => state.Memory(me, Word.First) == 0 ? 7 : 6;

    private static string PutCopy(ProtocolState state, int me, int copy)
    {
        var moved = state.Memory(me, Word.Third);
        if ((moved & ~state.Stored) != 0)
            return Stop(state, me, "ends: a pack went");

        state.Put(copy, state.ChunksInAll(moved) & state.Memory(me, Word.Chunks));
        state.Memory(me, Word.Third) = 0;
        state.GoTo(me, 4);
        return "puts a pack of copies";
    }

    private static string PutIndexOfCopy(ProtocolState state, int me, int copy, int index)
    {
        state.PutIndex(index, Bit(copy));
        state.GoTo(me, 5);
        return "puts the copies' index object";
    }

    private static string RegisterCopy(ProtocolState state, int me, int index)
    {
        state.Registered |= Bit(index);
        state.GoTo(me, NextToCondemn(state, me));
        return "tx: registers the copies";
    }

    private string Condemn(ProtocolState state, int me)
    {
        if (!faults.EpochIsNotRaised)
            state.Epoch++;

        foreach (var condemned in In(state.Memory(me, Word.First) & ~state.WithFate))
        {
            state.Condemned |= Bit(condemned);
            state.SetEpochOf(condemned, state.Epoch);
            if ((state.Memory(me, Word.Second) & Bit(condemned)) != 0)
                state.Loose |= Bit(condemned);
        }

        (state.Memory(me, Word.First), state.Memory(me, Word.Second)) = (0, 0);
        state.GoTo(me, 7);
        return "tx: CONDEMNS";
    }

    private string LookAgain(ProtocolState state, int me)
    {
        if ((state.Memory(me, Word.View) & ~state.Registered) != 0 || !Load(state, me, state.Registered))
            return Stop(state, me, "ends: another one was at work");

        if (!faults.ThereIsNoSecondLook)
            state.Memory(me, Word.Chunks) |= Roots(state);

        var homes = Homes(state, state.Memory(me, Word.Chunks), state.NamedByAll(state.Registered), state.Memory(me, Word.Packs));
        var needed = homes.Lone | state.Registered;
        var oldest = OldestWriter(state);
        var (back, deleted) = (0UL, 0UL);
        foreach (var fate in In(state.WithFate))
        {
            var verdict = rules.Judge(
                new FateStanding(
                    IsDeleting: (state.Deleting & Bit(fate)) != 0,
                    IsRipe: rules.IsRipe(state.EpochOf(fate), oldest),
                    IsNeeded: (needed & Bit(fate)) != 0,
                    IsLoose: (state.Loose & Bit(fate)) != 0,
                    IsWhole: homes.Missing == 0
                )
            );
            back |= verdict == FateVerdict.TakeBack ? Bit(fate) : 0;
            deleted |= verdict == FateVerdict.Delete ? Bit(fate) : 0;
        }

        (state.Memory(me, Word.First), state.Memory(me, Word.Second)) = (back, deleted);
        (state.Memory(me, Word.Seen), state.Memory(me, Word.Packs), state.Memory(me, Word.Chunks)) = (0, 0, 0);
        state.GoTo(me, (back | deleted) == 0 ? 14 : 8);
        return "tx: looks again";
    }

    private string Decide(ProtocolState state, int me)
    {
        var (back, deleted) = (state.Memory(me, Word.First) & state.Condemned, state.Memory(me, Word.Second));
        state.Condemned &= ~back;
        ForgetFate(state, back);
        state.Deleting |= deleted & state.Condemned;
        state.Condemned &= ~deleted;
        state.Memory(me, Word.First) = 0;
        if (faults.FatesGoFirst)
            ForgetFate(state, deleted);

        state.GoTo(me, deleted == 0 ? 14 : 9);
        return "tx: DECIDES";
    }

    private string PutInPlace(ProtocolState state, int me, int index)
    {
        var (view, gone) = (state.Memory(me, Word.View), state.Memory(me, Word.Second) & AllPacks);
        var replaced = Mask(view, state, (s, old) => In(s.NamedBy(old)).Any(pack => rules.MustReplace((gone & Bit(pack)) != 0, false)));
        if ((replaced & ~state.Stored) != 0)
            return Stop(state, me, "ends: an index object went");

        var beside = state.NamedByAll(view & ~replaced);
        var kept = Mask(
            state.NamedByAll(replaced),
            state,
            (_, pack) => rules.StaysNamed((gone & Bit(pack)) != 0, (beside & Bit(pack)) != 0)
        );
        state.Memory(me, Word.View) = 0;
        state.Memory(me, Word.Third) = replaced;
        if (kept != 0)
            state.PutIndex(index, kept);

        if (faults.OldIndexGoesFirst)
            state.Stored &= ~replaced;

        state.GoTo(me, replaced == 0 ? 11 : 10);
        return "puts an index object in place of old ones";
    }

    private static string Replace(ProtocolState state, int me, int index)
    {
        state.Registered = (state.Registered & ~state.Memory(me, Word.Third)) | (state.Stored & Bit(index));
        state.GoTo(me, 11);
        return "tx: registers it, and the old ones not";
    }

    private static string DeleteIndexObject(ProtocolState state, int me)
    {
        var old = (state.Memory(me, Word.Third) | (state.Memory(me, Word.Second) & ~AllPacks)) & state.Stored;
        state.Stored &= ~(old & ~WithoutFirst(old));
        if (WithoutFirst(old) == 0)
            state.GoTo(me, 12);

        return "deletes an index object";
    }

    private static string DeletePack(ProtocolState state, int me)
    {
        var old = state.Memory(me, Word.Second) & AllPacks & state.Stored;
        state.Stored &= ~(old & ~WithoutFirst(old));
        if (WithoutFirst(old) == 0)
            state.GoTo(me, 13);

        return "DELETES a pack";
    }

    private static string ForgetFates(ProtocolState state, int me)
    {
        ForgetFate(state, state.Memory(me, Word.Second) & state.Deleting);
        state.GoTo(me, 14);
        return "tx: forgets the fates";
    }

    private static void ForgetFate(ProtocolState state, ulong fates)
    {
        state.Deleting &= ~fates;
        state.Loose &= ~fates;
        foreach (var fate in In(fates))
            state.SetEpochOf(fate, 0);
    }

    /// <summary>Reads index objects that were not read before.</summary>
    private static bool Load(ProtocolState state, int me, ulong registered)
    {
        foreach (var index in In(registered & ~state.Memory(me, Word.View)))
        {
            if ((state.Stored & Bit(index)) == 0)
                return false;

            var listed = state.Memory(me, Word.Seen);
            state.Memory(me, Word.Packs) |= state.NamedBy(index) & ((listed & Bit(index)) != 0 ? listed : listed | state.Stored);
        }

        state.Memory(me, Word.View) |= registered;
        return true;
    }

    private (ulong Packs, ulong Lone, ulong Found, ulong Missing) Homes(ProtocolState state, ulong need, ulong named, ulong present)
    {
        var (packs, lone, found, missing) = (0UL, 0UL, 0UL, 0UL);
        foreach (var chunk in In(need))
        {
            var places = Mask(named, state, (s, pack) => (s.ChunksIn(pack) & Bit(chunk)) != 0);
            var homes = Mask(places, state, (s, pack) => rules.CanBeHome(StandingOf(s, pack, present)));
            var last = Mask(places, state, (s, pack) => rules.IsLastResort(StandingOf(s, pack, present)));
            if (homes != 0)
                (packs, found) = (packs | Bit(BitOperations.Log2(homes)), found | Bit(chunk));
            else if (last != 0)
                (lone, found) = (lone | last, found | Bit(chunk));
            else
                missing |= Bit(chunk);
        }

        return (packs, lone, found, missing);
    }

    private static PackStanding StandingOf(ProtocolState state, int pack, ulong present) =>
        new(
            IsPresent: (present & Bit(pack)) != 0,
            HasFate: (state.WithFate & Bit(pack)) != 0,
            IsCondemned: (state.Condemned & Bit(pack)) != 0
        );

    private ulong Roots(ProtocolState state)
    {
        var need = 0UL;
        for (var backup = 0; backup <= OldBackup; backup++)
        {
            var row = state.RowOf(backup);
            if (row is Row.Available or Row.Deleting || (row == Row.Committed && !faults.CommittedRootsAreNotRead))
                need |= NeededBy(backup);
        }

        for (var process = 0; process < FirstCollector && !faults.HeldRootsAreNotRead; process++)
        {
            if (state.HasSession(process))
                need |= state.HeldBy(process);
        }

        return need;
    }

    private long? OldestWriter(ProtocolState state)
    {
        long? oldest = null;
        for (var writer = faults.FirstSessionIsOverlooked ? 1 : 0; writer < Writers; writer++)
        {
            if (state.HasSession(writer) && !(oldest <= state.EpochOfSession(writer)))
                oldest = state.EpochOfSession(writer);
        }

        return oldest;
    }

    /// <summary>Whether a pack is named by index objects of jobs that have not ended, and by no others.</summary>
    private static bool IsUnfinished(ProtocolState state, int pack)
    {
        var by = Mask(state.Registered, state, (s, index) => (s.NamedBy(index) & Bit(pack)) != 0);
        var unfinished = Mask(
            by,
            state,
            (s, index) => index - PackCount - 1 is >= 0 and < Writers and var writer && s.HasSession(writer)
        );
        return (by & ~unfinished) == 0;
    }

    private static ulong Mask(ulong of, ProtocolState state, Func<ProtocolState, int, bool> where)
    {
        var mask = 0UL;
        for (var rest = of; rest != 0; rest = WithoutFirst(rest))
        {
            var at = BitOperations.TrailingZeroCount(rest);
            if (where(state, at))
                mask |= Bit(at);
        }

        return mask;
    }
}
