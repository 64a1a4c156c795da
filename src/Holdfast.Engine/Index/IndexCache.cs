using System.Buffers.Binary;
using System.Collections.Concurrent;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Index;

/// <summary>Where an item lies: the frame, by its pack's number in this cache, and the item's place in the frame.</summary>
internal readonly record struct ItemLocation(uint Pack, uint FrameOffset, int SealedLength, int Position);

internal sealed record PackInfo(Guid Pack, PackKind Kind, int ItemSize, long Length);

/// <summary>What the index objects say, in a local database that can be dropped at any time. Not thread-safe for writers; readers need no lock.</summary>
internal sealed class IndexCache : IDisposable
{
    private const byte ItemPrefix = (byte)'c';
    private const byte PackPrefix = (byte)'p';
    private const byte IndexPrefix = (byte)'i';
    private const int LocationSize = 14;
    private const int PackInfoSize = 29;

    private readonly RocksStore _store;
    private readonly ConcurrentDictionary<uint, PackInfo> _packs = new();
    private uint _nextPack;

    public IndexCache(string folder)
    {
        _store = new RocksStore(folder);
        Loaded = [.. _store.KeysWithPrefix(IndexPrefix).Select(key => new Guid(key.AsSpan(1), bigEndian: true))];
        var last = _store.KeysWithPrefix(PackPrefix).LastOrDefault();
        _nextPack = last is null ? 0 : BinaryPrimitives.ReadUInt32BigEndian(last.AsSpan(1)) + 1;
    }

    /// <summary>The index objects that are in here.</summary>
    public HashSet<Guid> Loaded { get; }

    /// <summary>Adds what an index object says, with the note that it did, together.</summary>
    public void Add(Guid id, IndexObject index)
    {
        _store.Write(batch =>
        {
            foreach (var pack in index.Packs)
            {
                AddPack(batch, pack, _nextPack++);
            }

            batch.Put([IndexPrefix, .. id.ToByteArray(bigEndian: true)], []);
        });
        Loaded.Add(id);
    }

    public bool TryFind(ItemId id, out ItemLocation location)
    {
        Span<byte> key = stackalloc byte[1 + ItemId.Size];
        Span<byte> value = stackalloc byte[LocationSize];
        key[0] = ItemPrefix;
        id.CopyTo(key[1..]);
        if (!_store.TryGet(key, value))
        {
            location = default;
            return false;
        }

        location = new ItemLocation(
            BinaryPrimitives.ReadUInt32LittleEndian(value),
            BinaryPrimitives.ReadUInt32LittleEndian(value[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(value[8..]),
            BinaryPrimitives.ReadUInt16LittleEndian(value[12..]));
        return true;
    }

    public PackInfo Pack(uint number) => _packs.GetOrAdd(number, ReadPack);

    public void Dispose() => _store.Dispose();

    private static void AddPack(RocksStore.Batch batch, IndexedPack pack, uint number)
    {
        Span<byte> info = stackalloc byte[PackInfoSize];
        pack.Pack.TryWriteBytes(info, bigEndian: true, out _);
        info[16] = (byte)pack.Kind;
        BinaryPrimitives.WriteInt32LittleEndian(info[17..], pack.ItemSize);
        BinaryPrimitives.WriteInt64LittleEndian(info[21..], pack.Length);
        batch.Put(PackKey(number), info);

        Span<byte> key = stackalloc byte[1 + ItemId.Size];
        Span<byte> value = stackalloc byte[LocationSize];
        key[0] = ItemPrefix;
        BinaryPrimitives.WriteUInt32LittleEndian(value, number);
        var item = 0;
        foreach (var frame in pack.Directory.Frames)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(value[4..], frame.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(value[8..], frame.SealedLength);
            for (var position = 0; position < frame.ItemCount; position++)
            {
                pack.Directory.Items[item++].CopyTo(key[1..]);
                BinaryPrimitives.WriteUInt16LittleEndian(value[12..], (ushort)position);
                batch.Put(key, value);
            }
        }
    }

    private static byte[] PackKey(uint number)
    {
        var key = new byte[5];
        key[0] = PackPrefix;
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), number);
        return key;
    }

    private PackInfo ReadPack(uint number)
    {
        Span<byte> info = stackalloc byte[PackInfoSize];
        return _store.TryGet(PackKey(number), info)
            ? new PackInfo(new Guid(info[..16], bigEndian: true), (PackKind)info[16], BinaryPrimitives.ReadInt32LittleEndian(info[17..]), BinaryPrimitives.ReadInt64LittleEndian(info[21..]))
            : throw new RocksException($"The index cache names pack number {number}, which it does not hold.");
    }
}
