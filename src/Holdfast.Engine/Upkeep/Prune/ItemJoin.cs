using System.Numerics;
using System.Runtime.InteropServices;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>An item that an index object names: 16 bytes of its id, and its pack's number and its place among the pack's items.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct ItemEntry(ulong A, ulong B, long Number)
{
    public const int Size = 24;

    public int Pack => (int)(Number >> 16);

    public int Ordinal => (int)(Number & 0xffff);

    public static long NumberOf(int pack, int ordinal) => ((long)pack << 16) | (uint)ordinal;
}

/// <summary>An id that is needed: 16 bytes of it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct ItemNeed(ulong A, ulong B)
{
    public const int Size = 16;
}

/// <summary>
/// The items of one part by their ids, in a hash table. 16 bytes of a keyed hash are as good as all of them here: were two ids ever equal
/// in these, both would live.
/// </summary>
internal sealed class ItemJoin
{
    private ItemEntry[] _entries = [];

    /// <summary>The entry of an id that came first, by a hash of the id; one more than its place, 0 for none.</summary>
    private int[] _slots = [];

    /// <summary>The next entry of the same id, likewise.</summary>
    private int[] _next = [];
    private int _mask;

    public void Load(PartedFile file, int part)
    {
        var count = checked((int)file.Count(part));
        if (_entries.Length < count)
        {
            _entries = new ItemEntry[count + (count / 4)];
            _next = new int[_entries.Length];
        }

        var slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, count * 2L));
        if (_slots.Length < slots)
            _slots = new int[slots];
        else
            Array.Clear(_slots);

        _mask = _slots.Length - 1;
        var filled = 0;
        file.Read(
            part,
            records =>
            {
                foreach (var entry in MemoryMarshal.Cast<byte, ItemEntry>(records))
                    Add(filled++, entry);
            }
        );
    }

    /// <summary>The first entry of an id, or -1.</summary>
    public int Find(ItemNeed id)
    {
        for (var slot = SlotOf(id.B); ; slot = (slot + 1) & _mask)
        {
            var at = _slots[slot] - 1;
            if (at < 0 || (_entries[at].A == id.A && _entries[at].B == id.B))
                return at;
        }
    }

    /// <summary>The next entry of the same id, or -1.</summary>
    public int After(int entry) => _next[entry] - 1;

    public ItemEntry this[int entry] => _entries[entry];

    private void Add(int at, ItemEntry entry)
    {
        _entries[at] = entry;
        for (var slot = SlotOf(entry.B); ; slot = (slot + 1) & _mask)
        {
            var first = _slots[slot] - 1;
            if (first >= 0 && (_entries[first].A != entry.A || _entries[first].B != entry.B))
                continue;

            _next[at] = first + 1;
            _slots[slot] = at + 1;
            return;
        }
    }

    private int SlotOf(ulong hash) => (int)(hash & (uint)_mask);
}
