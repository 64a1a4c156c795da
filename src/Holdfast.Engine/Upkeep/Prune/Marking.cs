using System.Runtime.InteropServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// Finds out which items of which packs are needed: index objects are loaded, maps walked, and then, as often as homes change, both are
/// joined. Memory is a part of the items, a bit an item, and the map nodes' places. Spec: docs/format/prune.md, section 5. One thread at a
/// time.
/// </summary>
internal sealed class Marking : IDisposable
{
    private readonly IndexReader _indexReader;
    private readonly PartedFile _items;
    private readonly PartedFile _needs;
    private readonly List<MarkedPack> _packs = [];
    private readonly Dictionary<Guid, MarkedPack> _byId = [];
    private readonly Dictionary<Guid, IndexFacts> _index = [];
    private readonly NodeTable _nodes = new();
    private readonly NodeReader _reader;
    private readonly MapWalk _walk;
    private readonly HashSet<string> _walked = [];
    private readonly List<(PruneTurn Turn, long[] From)> _turns = [];
    private readonly Bits _live = new();
    private readonly ItemJoin _join = new();
    private long _bits;

    /// <param name="folder">For scratch files, which take 24 bytes an item and 16 a needed id.</param>
    public Marking(RepositoryContext repository, string folder)
    {
        _indexReader = new IndexReader(repository);
        _items = new PartedFile(folder, ItemEntry.Size);
        _needs = new PartedFile(folder, ItemNeed.Size);
        _reader = new NodeReader(repository, _nodes, _packs);
        _walk = new MapWalk(_nodes, _reader, Need);
    }

    /// <summary>All packs that index objects name.</summary>
    public IReadOnlyList<MarkedPack> Packs => _packs;

    /// <summary>The index objects that were loaded.</summary>
    public IReadOnlyDictionary<Guid, IndexFacts> Index => _index;

    /// <summary>Needed items that no index object places in a pack that is there and not being deleted, after the last join.</summary>
    public long Missing { get; private set; }

    /// <summary>Needed items, each once, after the last join.</summary>
    public long Live { get; private set; }

    public MarkedPack? Find(Guid pack) => _byId.GetValueOrDefault(pack);

    /// <summary>Whether a map was walked already.</summary>
    public bool Knows(PruneRoot root) => _walked.Contains(root.Root);

    public bool IsLive(MarkedPack pack, int ordinal) => _live[pack.FirstBit + ordinal];

    /// <summary>Loads what an index object says. To be called in the order of their names, as far as that is known.</summary>
    /// <param name="unfinished">Whether a job that has not ended made it.</param>
    /// <param name="isPresent">Whether a pack that it names is in the store, whole.</param>
    public async Task LoadAsync(Guid id, bool unfinished, Func<IndexedPack, ValueTask<bool>> isPresent, CancellationToken cancel)
    {
        var (packs, items) = (0, 0L);
        foreach (var pack in await _indexReader.ReadAsync(id, cancel))
        {
            packs++;
            items += pack.Directory.Items.Count;
            if (!_byId.TryGetValue(pack.Pack, out var known))
                known = Add(pack, await isPresent(pack));

            known.NamedBy(id, unfinished);
        }

        _index[id] = new IndexFacts(packs, items, unfinished);
    }

    /// <summary>Walks the maps that were not walked before, those of a group side by side.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming the map and the node that cannot be read.</exception>
    public async Task WalkAsync(PruneTurn turn, IEnumerable<PruneRoot> roots, CancellationToken cancel)
    {
        _turns.Add((turn, [.. Enumerable.Range(0, PartedFile.Parts).Select(_needs.Count)]));
        var groups =
            from root in roots
            where root.Turn == turn && !ItemId.Parse(root.Root).IsZero
            orderby root.Number
            group root by (root.Group, root.Levels);
        foreach (var batch in groups.SelectMany(group => group.Chunk(MapWalk.SideBySide)))
        {
            var fresh = batch.Where(root => _walked.Add(root.Root)).ToList();
            if (fresh.Count == 0)
                continue;

            try
            {
                await _walk.WalkAsync([.. fresh.Select(root => ItemId.Parse(root.Root))], fresh[0].Levels, cancel);
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
            {
                throw new HoldfastException(
                    FailureKind.Corrupted,
                    $"Prune deletes nothing: the map of {string.Join(" or ", fresh.Take(8).Select(root => root.Name))} cannot be followed: "
                        + $"{e.Message}. Run 'holdfast repo check', then 'holdfast repo repair', or delete that backup for good.",
                    e
                );
            }
        }
    }

    /// <summary>Gives each needed item its home, anew. Packs count by what <see cref="MarkedPack.Fate"/> they have now.</summary>
    public void Join(CancellationToken cancel)
    {
        _live.Clear();
        _live.GrowTo(_bits);
        (Missing, Live) = (0, 0);
        _packs.ForEach(pack => pack.Forget());
        for (var part = 0; part < PartedFile.Parts; part++)
        {
            cancel.ThrowIfCancellationRequested();
            _join.Load(_items, part);
            Join(part);
        }
    }

    public void Dispose()
    {
        _indexReader.Dispose();
        _reader.Dispose();
        _items.Dispose();
        _needs.Dispose();
    }

    private MarkedPack Add(IndexedPack pack, bool isPresent)
    {
        var marked = new MarkedPack(_packs.Count, pack, _bits, isPresent);
        _bits += marked.Items;
        _packs.Add(marked);
        _byId.Add(pack.Pack, marked);
        Span<byte> id = stackalloc byte[ItemId.Size];
        for (var ordinal = 0; ordinal < marked.Items; ordinal++)
        {
            pack.Directory.Items[ordinal].CopyTo(id);
            var words = MemoryMarshal.Cast<byte, ulong>(id);
            var entry = new ItemEntry(words[0], words[1], ItemEntry.NumberOf(marked.Number, ordinal));
            _items.Append(PartOf(entry.A), MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref entry, 1)));
        }

        if (pack.Kind == PackKind.Map && isPresent)
            _nodes.Add(marked, pack.Directory);

        return marked;
    }

    private void Need(ReadOnlySpan<byte> id)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(id);
        _needs.Append(PartOf(words[0]), id[..ItemNeed.Size]);
    }

    private static int PartOf(ulong a) => (int)(a & (PartedFile.Parts - 1));

    private void Join(int part)
    {
        var (at, next) = (0L, 0);
        var turn = PruneTurn.Available;
        _needs.Read(
            part,
            records =>
            {
                foreach (var need in MemoryMarshal.Cast<byte, ItemNeed>(records))
                {
                    for (; next < _turns.Count && _turns[next].From[part] <= at; next++)
                        turn = _turns[next].Turn;

                    at++;
                    Take(need, turn);
                }
            }
        );
    }

    private void Take(ItemNeed need, PruneTurn turn)
    {
        var first = _join.Find(need);
        var home = -1;
        for (var at = first; at >= 0; at = _join.After(at))
        {
            var pack = _packs[_join[at].Pack];
            if (pack.CanBeHome && (home < 0 || pack.IsLaterThan(_packs[_join[home].Pack])))
                home = at;
        }

        if (home < 0)
        {
            TakeLone(first);
            return;
        }

        var entry = _join[home];
        var into = _packs[entry.Pack];
        if (_live.Set(into.FirstBit + entry.Ordinal))
        {
            into.AddLive(turn);
            Live++;
        }
    }

    /// <summary>Nothing but condemned packs may have the item: all of them are kept.</summary>
    private void TakeLone(int first)
    {
        var isThere = false;
        for (var at = first; at >= 0; at = _join.After(at))
        {
            var pack = _packs[_join[at].Pack];
            if (pack.IsLastResort)
                isThere = pack.IsLone = true;
        }

        Missing += isThere ? 0 : 1;
    }
}

/// <summary>How much an index object names.</summary>
/// <param name="Unfinished">Whether a job that has not ended made it.</param>
internal sealed record IndexFacts(int Packs, long Items, bool Unfinished);
