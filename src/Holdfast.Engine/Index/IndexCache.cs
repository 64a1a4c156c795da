using System.Buffers.Binary;
using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Index;

/// <summary>What the index objects say, in a local database that can be dropped at any time. Not thread-safe for writers; readers need no
/// lock.</summary>
internal sealed class IndexCache : IDisposable
{
    private readonly string _folder;
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
        _folder = folder;
        _store = new RocksStore(folder);
        Loaded = [.. _store.KeysWithPrefix(IndexPrefix).Select(key => new Guid(key.AsSpan(1), bigEndian: true))];
        var last = _store.KeysWithPrefix(PackPrefix).LastOrDefault();
        _nextPack = last is null ? 0 : BinaryPrimitives.ReadUInt32BigEndian(last.AsSpan(1)) + 1;
    }

    public string Folder => _folder;

    /// <summary>The index objects that are in here.</summary>
    public HashSet<Guid> Loaded { get; }

    /// <summary>Adds what an index object says, with the note that it did, together.</summary>
    /// <param name="absent">Packs that are not in the store as the index says: an item keeps the place that it has elsewhere.</param>
    public void Add(Guid id, IndexObject index, IReadOnlySet<Guid> absent)
    {
        Guarded(() =>
            _store.Write(batch =>
            {
                foreach (var pack in index.Packs)
                    AddPack(batch, pack, _nextPack++, absent.Contains(pack.Pack));

                batch.Put([IndexPrefix, .. id.ToByteArray(bigEndian: true)], []);
            })
        );
        Loaded.Add(id);
    }

    /// <summary>Notes on disk that this cache is not to be opened again; it can be read until it is disposed of.</summary>
    public void Condemn() => IndexCacheFolder.Condemn(_folder);

    public bool TryFind(ItemId id, out ItemLocation location)
    {
        try
        {
            return Find(id, out location);
        }
        catch (RocksException e)
        {
            throw Damaged(e);
        }
    }

    private bool Find(ItemId id, out ItemLocation location)
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
            BinaryPrimitives.ReadUInt16LittleEndian(value[12..])
        );
        return true;
    }

    public PackInfo Pack(uint number)
    {
        try
        {
            return _packs.GetOrAdd(number, ReadPack);
        }
        catch (RocksException e)
        {
            throw Damaged(e);
        }
    }

    public void Dispose() => _store.Dispose();

    private void AddPack(RocksStore.Batch batch, IndexedPack pack, uint number, bool absent)
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
                var id = pack.Directory.Items[item++];
                if (absent && Find(id, out _))
                    continue;

                id.CopyTo(key[1..]);
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

    private void Guarded(Action write)
    {
        try
        {
            write();
        }
        catch (RocksException e)
        {
            throw Damaged(e);
        }
    }

    private HoldfastException Damaged(RocksException e)
    {
        Condemn();
        return new HoldfastException(
            FailureKind.Unavailable,
            $"The index cache in '{_folder}' is damaged ({e.Message}). It is made anew when the repository is opened again.",
            e
        );
    }

    private PackInfo ReadPack(uint number)
    {
        Span<byte> info = stackalloc byte[PackInfoSize];
        return _store.TryGet(PackKey(number), info)
            ? new PackInfo(
                new Guid(info[..16], bigEndian: true),
                (PackKind)info[16],
                BinaryPrimitives.ReadInt32LittleEndian(info[17..]),
                BinaryPrimitives.ReadInt64LittleEndian(info[21..])
            )
            : throw new RocksException($"The index cache names pack number {number}, which it does not hold.");
    }
}
