using Holdfast.Engine.Basics;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>A pack that index objects name, and what became of its items in the marking.</summary>
internal sealed class MarkedPack(int number, IndexedPack pack, long firstBit, bool isPresent)
{
    private readonly List<Guid> _index = [];
    private readonly int[] _live = new int[Enum.GetValues<PruneTurn>().Length];

    public int Number => number;

    public PackInfo Info { get; } = new(pack.Pack, pack.Kind, pack.ItemSize, pack.Length);

    public ObjectKey Key => Info.Key;

    public PackKind Kind => Info.Kind;

    public long Length => Info.Length;

    public int Items { get; } = pack.Directory.Items.Count;

    /// <summary>The number of its first item's bit.</summary>
    public long FirstBit => firstBit;

    /// <summary>Whether it was in the store as long as the index says.</summary>
    public bool IsPresent => isPresent;

    /// <summary>Whether it counts because an unfinished job registered it, and for no other reason.</summary>
    public bool IsUnfinished { get; private set; } = true;

    /// <summary>Index objects that count and name it.</summary>
    public IReadOnlyList<Guid> Index => _index;

    /// <summary>The fate that it has by now, or null.</summary>
    public PruneFate? Fate { get; set; }

    /// <summary>Whether it can be the home of an item.</summary>
    public bool CanBeHome => PruneRules.Sound.CanBeHome(Standing);

    /// <summary>Whether it is kept for the sake of an item that has no home.</summary>
    public bool IsLastResort => PruneRules.Sound.IsLastResort(Standing);

    private PackStanding Standing => StandingIn(isWhole: false);

    /// <summary>Whether it holds an item that is needed and that has no home, though the pack is condemned.</summary>
    public bool IsLone { get; set; }

    /// <summary>Items that have their home here and are needed.</summary>
    public int Live => _live[0] + _live[1] + _live[2];

    public int LiveOf(PruneTurn turn) => _live[(int)turn];

    /// <summary>Bytes that nobody needs, if each item has an equal share.</summary>
    public long Unused => Items == 0 ? Length : (long)((Int128)Length * (Items - Live) / Items);

    /// <summary>What the rules are told of it.</summary>
    /// <param name="isWhole">Whether no needed item is missing.</param>
    public PackStanding StandingIn(bool isWhole) =>
        new(
            IsPresent,
            IsNamed: true,
            HasFate: Fate is not null,
            IsCondemned: Fate?.State == FateState.Condemned,
            IsUnfinished,
            HasLive: Live > 0,
            isWhole
        );

    public void AddLive(PruneTurn turn) => _live[(int)turn]++;

    public void Forget()
    {
        Array.Clear(_live);
        IsLone = false;
    }

    public void NamedBy(Guid index, bool unfinished)
    {
        _index.Add(index);
        IsUnfinished &= unfinished;
    }

    /// <summary>Whether this pack is named later than another: of two places of an item the later counts.</summary>
    public bool IsLaterThan(MarkedPack other)
    {
        var order = _index[^1].CompareTo(other._index[^1]);
        return order != 0 ? order > 0 : number > other.Number;
    }
}
