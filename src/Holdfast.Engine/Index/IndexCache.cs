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
    private const byte ItemPrefix = (byte)'c';
    private const byte PackPrefix = (byte)'p';
    private const byte IndexPrefix = (byte)'i';

    /// <summary>The key of the number that the next pack gets. Written with each pack, so that no number is given twice.</summary>
    private const byte NextKey = (byte)'n';
    private const int LocationSize = 14;
    private const int PackInfoSize = 29;

    private readonly string _folder;
    private readonly bool _inMemory;
    private readonly RocksStore _store;
    private readonly ConcurrentDictionary<uint, PackInfo> _packs = new();
    private uint _nextPack;
    private volatile LastSeen? _lastSeen;

    /// <exception cref="RocksException">The folder holds no sound cache.</exception>
    public IndexCache(string folder, bool inMemory = false)
    {
        _folder = folder;
        _inMemory = inMemory;
        _store = new RocksStore(folder, inMemory);
        try
        {
            Loaded = ReadLoaded();
            _nextPack = ReadNext();
        }
        catch (RocksException)
        {
            _store.Dispose();
            throw;
        }
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

                Span<byte> next = stackalloc byte[sizeof(uint)];
                BinaryPrimitives.WriteUInt32BigEndian(next, _nextPack);
                batch.Put([NextKey], next);
                batch.Put([IndexPrefix, .. id.ToByteArray(bigEndian: true)], []);
            })
        );
        Loaded.Add(id);
    }

    /// <summary>Notes on disk that this cache is not to be opened again; it can be read until it is disposed of.</summary>
    public void Condemn()
    {
        if (!_inMemory)
            IndexCacheFolder.Condemn(_folder);
    }

    /// <summary>Compares the packs that are in here with those of a listing.</summary>
    public PacksSeen See(PackListing listing)
    {
        // Many runs in a row that store nothing meet the same packs and the same index.
        var next = Volatile.Read(ref _nextPack);
        if (_lastSeen is { } last && ReferenceEquals(last.Listing, listing) && last.Next == next)
            return last.Seen;

        var absent = new HashSet<uint>();
        var named = new HashSet<Guid>();
        var end = 0u;
        Guarded(() =>
            _store.Walk(
                [PackPrefix],
                (key, value) =>
                {
                    if (key[0] != PackPrefix)
                        return false;

                    var number = BinaryPrimitives.ReadUInt32BigEndian(key[1..]);
                    var pack = ToPack(value);
                    var length = listing.Find(pack.Kind, pack.Pack);
                    if (length != pack.Length)
                        absent.Add(number);

                    if (length is not null)
                        named.Add(pack.Pack);

                    end = number + 1;
                    return true;
                }
            )
        );
        var seen = new PacksSeen(absent, end, named.Count < listing.Count);

        // Loose packs are looked for again: an index object may be on its way.
        _lastSeen = seen.HasLoose ? null : new LastSeen(listing, next, seen);
        return seen;
    }

    public bool TryFind(ItemId id, out ItemLocation location)
    {
        try
        {
            return Find(id, out location);
        }
        catch (RocksException e)
        {
            throw new IndexCacheDamagedException(this, e);
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
            throw new IndexCacheDamagedException(this, e);
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
            throw new IndexCacheDamagedException(this, e);
        }
    }

    private PackInfo ReadPack(uint number)
    {
        Span<byte> info = stackalloc byte[PackInfoSize];
        return _store.TryGet(PackKey(number), info)
            ? ToPack(info)
            : throw new RocksException($"The index cache names pack number {number}, which it does not hold.");
    }

    private static PackInfo ToPack(ReadOnlySpan<byte> info) =>
        info.Length == PackInfoSize
            ? new PackInfo(
                new Guid(info[..16], bigEndian: true),
                (PackKind)info[16],
                BinaryPrimitives.ReadInt32LittleEndian(info[17..]),
                BinaryPrimitives.ReadInt64LittleEndian(info[21..])
            )
            : throw new RocksException("A pack of the index cache has another length than was written.");

    private HashSet<Guid> ReadLoaded()
    {
        var loaded = new HashSet<Guid>();
        _store.Walk(
            [IndexPrefix],
            (key, _) =>
            {
                if (key[0] != IndexPrefix)
                    return false;

                loaded.Add(new Guid(key[1..], bigEndian: true));
                return true;
            }
        );
        return loaded;
    }

    private uint ReadNext()
    {
        Span<byte> next = stackalloc byte[sizeof(uint)];
        var number = _store.TryGet([NextKey], next) ? BinaryPrimitives.ReadUInt32BigEndian(next) : 0;
        _store.Walk(
            PackKey(number),
            (key, _) => key[0] != PackPrefix ? false : throw new RocksException($"A pack has a number past the next, {number}.")
        );
        return number;
    }

    /// <summary>What was seen, and when: with which listing, and before which number of a pack.</summary>
    private sealed record LastSeen(PackListing Listing, uint Next, PacksSeen Seen);
}
