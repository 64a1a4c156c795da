using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>A pack that an index object names.</summary>
/// <param name="Digest">Of what the index object says of it.</param>
internal sealed record KnownPack(PackInfo Info, ulong Digest)
{
    public PackVerdict Verdict { get; set; } = PackVerdict.SoundEnds;

    /// <summary>Whether an index object names it that no other stands in the place of.</summary>
    public bool Counts { get; set; }
}

/// <summary>An index object.</summary>
/// <param name="Flaw">Why it cannot be read, or null.</param>
/// <param name="Packs">Numbers of the packs that it names.</param>
internal sealed record KnownIndex(Guid Id, string? Flaw, IReadOnlyList<Guid> Supersedes, IReadOnlyList<int> Packs)
{
    /// <summary>Whether a readable one stands in its place.</summary>
    public bool IsSuperseded { get; set; }
}

/// <summary>A pack that lies in the store and that no readable index object names. Length in bytes.</summary>
internal readonly record struct LoosePack(PackKind Kind, Guid Pack, long Length);

/// <summary>What the index objects of a repository say, compared with what is in its store.</summary>
/// <param name="expectedItems">How many items they will name, as far as is known.</param>
internal sealed class Inventory(long expectedItems = 0)
{
    private readonly Dictionary<(Guid Pack, ulong Digest), int> _numbers = [];
    private readonly Dictionary<ItemId, (int Pack, ItemLocation Location, PlaceState State)> _nodes = [];

    public List<KnownPack> Packs { get; } = [];

    public List<KnownIndex> Indexes { get; } = [];

    public List<LoosePack> Loose { get; } = [];

    public ItemTable Items { get; } = new(expectedItems);

    /// <summary>The number of a pack, or null when it was not named before as it is now.</summary>
    public int? Find(Guid pack, ulong digest) => _numbers.TryGetValue((pack, digest), out var number) ? number : null;

    /// <summary>Adds a pack and the places of its items.</summary>
    /// <returns>Its number.</returns>
    public int Add(IndexedPack pack, ulong digest, PackVerdict verdict)
    {
        var number = Packs.Count;
        Packs.Add(new KnownPack(new PackInfo(pack.Pack, pack.Kind, pack.ItemSize, pack.Length), digest));
        _numbers[(pack.Pack, digest)] = number;
        Place(number, pack, verdict);
        return number;
    }

    /// <summary>Notes another verdict on a pack that was added before, for the better.</summary>
    public void Place(int number, IndexedPack pack, PackVerdict verdict)
    {
        Packs[number].Verdict = verdict;
        var item = 0;
        for (var frame = 0; frame < pack.Directory.Frames.Count; frame++)
        {
            var entry = pack.Directory.Frames[frame];
            var state = verdict.StateOf(frame);
            for (var position = 0; position < entry.ItemCount; position++)
            {
                var id = pack.Directory.Items[item++];
                Items.Add(id.Fingerprint, number, state);
                if (pack.Kind == PackKind.Map)
                    AddNode(id, number, new ItemLocation((uint)number, entry.Offset, entry.SealedLength, position), state);
            }
        }
    }

    /// <summary>Where a map node lies; false where it is lost, or nothing places it.</summary>
    public bool TryFindNode(ItemId id, out KnownPack pack, out ItemLocation location)
    {
        var found = _nodes.TryGetValue(id, out var node) && node.State != PlaceState.Lost;
        (pack, location) = found ? (Packs[node.Pack], node.Location) : (null!, default); // Of no use where it is false.
        return found;
    }

    /// <summary>Notes which index objects others stand in place of, which packs count, and which packs nobody names.</summary>
    public void Finish(IEnumerable<(PackKind Kind, Guid Pack, long Length)> listed)
    {
        var superseded = Indexes.SelectMany(index => index.Supersedes).ToHashSet();
        foreach (var index in Indexes)
        {
            index.IsSuperseded = superseded.Contains(index.Id);
            foreach (var pack in index.IsSuperseded ? [] : index.Packs)
                Packs[pack].Counts = true;
        }

        var named = Packs.Select(pack => pack.Info.Pack).ToHashSet();
        Loose.AddRange(listed.Where(pack => !named.Contains(pack.Pack)).Select(pack => new LoosePack(pack.Kind, pack.Pack, pack.Length)));
    }

    private void AddNode(ItemId id, int number, ItemLocation location, PlaceState state)
    {
        if (!_nodes.TryGetValue(id, out var known) || state >= known.State)
            _nodes[id] = (number, location, state);
    }
}
