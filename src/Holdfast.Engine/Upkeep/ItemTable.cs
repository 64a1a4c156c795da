using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Upkeep;

/// <summary>What is known of the place of an item. The greater counts.</summary>
internal enum PlaceState : byte
{
    /// <summary>The pack is not there, or the item's frame does not open.</summary>
    Lost = 0,

    /// <summary>The pack is damaged, but not where the item lies.</summary>
    Damaged = 1,

    /// <summary>The pack is there, and as it should be as far as was looked.</summary>
    Sound = 2,
}

/// <summary>
/// In which pack each item lies, for all items of a repository: twelve bytes a slot, about fifteen an item where their number was known
/// before. Keyed by eight bytes of the id. Filled by one thread, then read by many.
/// </summary>
/// <param name="expected">How many items there will be, as far as is known. It grows when there are more, and then needs memory for the
/// old and the new table together.</param>
internal sealed class ItemTable(long expected = 0)
{
    private const int ShardBits = 6;
    private const int LeastSlots = 64;
    private const int StateBits = 2;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, 1 << ShardBits).Select(_ => new Shard(expected >> ShardBits))];

    public long Count => _shards.Sum(shard => (long)shard.Count);

    /// <summary>Notes a place of an item; a later one of the same state takes the place of an earlier one.</summary>
    public void Add(ulong fingerprint, int pack, PlaceState state) =>
        ShardOf(fingerprint).Add(KeyOf(fingerprint), ((uint)pack << StateBits) | (uint)state);

    /// <param name="pack">The number of the pack.</param>
    /// <returns>False when nothing places the item.</returns>
    public bool TryFind(ulong fingerprint, out int pack, out PlaceState state)
    {
        var found = ShardOf(fingerprint).TryFind(KeyOf(fingerprint), out var value);
        pack = (int)(value >> StateBits);
        state = (PlaceState)(value & ((1 << StateBits) - 1));
        return found;
    }

    public bool TryFind(ItemId id, out int pack, out PlaceState state) => TryFind(id.Fingerprint, out pack, out state);

    /// <summary>A free slot is a key of zero.</summary>
    private static ulong KeyOf(ulong fingerprint) => fingerprint == 0 ? 1 : fingerprint;

    private Shard ShardOf(ulong fingerprint) => _shards[fingerprint >> (64 - ShardBits)];

    /// <summary>An open table with linear probing, at most four fifths full.</summary>
    private sealed class Shard(long expected)
    {
        private ulong[] _keys = new ulong[SlotsFor(expected)];
        private uint[] _values = new uint[SlotsFor(expected)];

        public int Count { get; private set; }

        public void Add(ulong key, uint value)
        {
            if (Count >= _keys.Length / 5 * 4)
                Grow();

            var slot = Find(_keys, key);
            if (_keys[slot] == 0)
            {
                _keys[slot] = key;
                _values[slot] = value;
                Count++;
            }
            else if (StateOf(value) >= StateOf(_values[slot]))
            {
                _values[slot] = value;
            }
        }

        public bool TryFind(ulong key, out uint value)
        {
            var slot = Find(_keys, key);
            value = _values[slot];
            return _keys[slot] != 0;
        }

        /// <summary>A little more than needed: shards are not filled quite alike.</summary>
        private static int SlotsFor(long items) => (int)Math.Clamp((items + (items / 50)) / 4 * 5, LeastSlots, Array.MaxLength);

        private static uint StateOf(uint value) => value & ((1 << StateBits) - 1);

        private static int Find(ulong[] keys, ulong key)
        {
            // The bits below those that chose the shard, scaled to the number of slots: ids are keyed hashes, so they are spread evenly.
            var slot = (int)Math.BigMul(key << ShardBits, (ulong)keys.Length, out _);
            while (keys[slot] != 0 && keys[slot] != key)
                slot = slot + 1 == keys.Length ? 0 : slot + 1;

            return slot;
        }

        private void Grow()
        {
            var slots = (int)Math.Min(_keys.Length * 3L / 2, Array.MaxLength);
            var (keys, values) = (new ulong[slots], new uint[slots]);
            for (var i = 0; i < _keys.Length; i++)
            {
                if (_keys[i] == 0)
                    continue;

                var slot = Find(keys, _keys[i]);
                keys[slot] = _keys[i];
                values[slot] = _values[i];
            }

            (_keys, _values) = (keys, values);
        }
    }
}
