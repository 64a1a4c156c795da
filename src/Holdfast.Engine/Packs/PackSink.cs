using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Packs;

/// <summary>
/// Where one backup's new items go: into packs, which are put while the next are filled, and then into index objects. Memory is a fixed number
/// of pack buffers. An index object is written only when every pack that it names is stored.
/// </summary>
internal sealed class PackSink : IAsyncDisposable
{
    /// <summary>Two being filled (data and map), one being put, one waiting: memory is bounded by these.</summary>
    private const int Buffers = 4;

    /// <summary>An index object is written at least this often, so that a backup that dies loses little: a later one finds what was stored.</summary>
    private const int PacksPerIndex = 32;

    private readonly RepositoryContext _repository;
    private readonly Channel<PackBuffer> _free = Channel.CreateBounded<PackBuffer>(Buffers);
    private readonly Channel<PackBuffer> _full = Channel.CreateBounded<PackBuffer>(1);
    private readonly ConcurrentDictionary<ItemId, byte> _claimed = new();
    private readonly List<IndexedPack> _unindexed = [];
    private readonly PackSlot _data;
    private readonly PackSlot _map;
    private readonly CancellationToken _cancel;
    private readonly Task _putting;
    private int _buffers;
    private long _bytesStored;

    /// <param name="failed">Called when a put fails, so that the run stops; the error itself comes out of <see cref="FinishAsync"/>.</param>
    public PackSink(RepositoryContext repository, Action failed, CancellationToken cancel)
    {
        _repository = repository;
        _data = new PackSlot(PackKind.Data, repository.Config.ChunkSize);
        _map = new PackSlot(PackKind.Map, Maps.MapShape.NodeSize);
        _cancel = cancel;
        _putting = Task.Run(() => PutAllAsync(failed), CancellationToken.None);
    }

    public long BytesStored => Interlocked.Read(ref _bytesStored);

    /// <summary>Makes an item this backup's to store. False when it is being stored by it already.</summary>
    public bool Claim(ItemId id) => _claimed.TryAdd(id, 0);

    /// <summary>Gives a claim back: the item was found in the index.</summary>
    public void Release(ItemId id) => _claimed.TryRemove(id, out _);

    public async ValueTask AppendAsync(PackKind kind, PackedFrame frame)
    {
        var slot = kind == PackKind.Data ? _data : _map;
        await slot.Gate.WaitAsync(_cancel);
        try
        {
            slot.Current ??= await BeginAsync(slot);
            slot.Current.Append(frame);
            if (slot.Current.IsFull)
            {
                await EndAsync(slot);
            }
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <summary>Stores what is left, then the index objects. When this returns, everything that was appended is durable and indexed.</summary>
    public async Task FinishAsync()
    {
        await EndAsync(_data);
        await EndAsync(_map);
        _full.Writer.TryComplete();
        await _putting;
        await WriteIndexAsync(_cancel);
    }

    /// <summary>Throws the error of a put that failed.</summary>
    public async Task ThrowIfFailedAsync()
    {
        _full.Writer.TryComplete();
        await _putting;
    }

    /// <summary>After a failure: stops putting, and indexes what was stored so that a later backup finds it. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        _full.Writer.TryComplete();
        try
        {
            await _putting;
            await WriteIndexAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException or RocksException)
        {
            // The run has its own, earlier error; packs that no index names are found by a scan.
        }
    }

    private async ValueTask<PackBuffer> BeginAsync(PackSlot slot)
    {
        if (!_free.Reader.TryRead(out var buffer))
        {
            buffer = Interlocked.Increment(ref _buffers) <= Buffers ? new PackBuffer(_repository.Config.PackSize) : await _free.Reader.ReadAsync(_cancel);
        }

        var id = new Guid(RandomNumberGenerator.GetBytes(16));
        buffer.Begin(new PackHeader(slot.Kind, slot.ItemSize, id, _repository.Config.Id), _repository.Keys);
        return buffer;
    }

    private async ValueTask EndAsync(PackSlot slot)
    {
        if (slot.Current is { } buffer)
        {
            slot.Current = null;
            await _full.Writer.WriteAsync(buffer, _cancel);
        }
    }

    private async Task PutAllAsync(Action failed)
    {
        try
        {
            await foreach (var buffer in _full.Reader.ReadAllAsync(_cancel))
            {
                await PutAsync(buffer);
                _free.Writer.TryWrite(buffer);
            }
        }
        catch
        {
            failed();
            throw;
        }
    }

    private async Task PutAsync(PackBuffer buffer)
    {
        var indexed = buffer.End();
        var key = ObjectNames.OfPack(buffer.Kind, buffer.Pack);
        if (!await _repository.Store.PutIfAbsentAsync(key, buffer.Content, _cancel))
        {
            throw new HoldfastException(FailureKind.AlreadyExists, $"A pack of the random name '{key}' exists already in '{_repository.Store.Name}'.");
        }

        Interlocked.Add(ref _bytesStored, indexed.Length);
        _unindexed.Add(indexed);
        if (_unindexed.Count >= PacksPerIndex)
        {
            await WriteIndexAsync(_cancel);
        }
    }

    private async Task WriteIndexAsync(CancellationToken cancel)
    {
        if (_unindexed.Count == 0)
        {
            return;
        }

        Interlocked.Add(ref _bytesStored, await _repository.Index.PutAsync(new IndexObject([], [.. _unindexed]), cancel));
        foreach (var id in _unindexed.SelectMany(pack => pack.Directory.Items))
        {
            Release(id);
        }

        _unindexed.Clear();
    }

    private sealed class PackSlot(PackKind kind, int itemSize)
    {
        public PackKind Kind => kind;

        public int ItemSize => itemSize;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public PackBuffer? Current { get; set; }
    }
}
