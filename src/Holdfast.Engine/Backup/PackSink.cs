using System.Collections.Concurrent;
using System.Threading.Channels;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>
/// Where one backup's new items go: into packs, which are put while the next are filled, and then into index objects. Memory is a fixed
/// number of pack buffers; who appends waits for one. An index object is written only when every pack that it names is stored. All members
/// may be called from many threads at once, except <see cref="FinishAsync"/> and <see cref="DisposeAsync"/>.
/// </summary>
internal sealed class PackSink : IAsyncDisposable
{
    /// <summary>Two being filled (data and map), two being put. One less and filling would wait for every put.</summary>
    private const int Buffers = 4;

    private const int Putters = 2;

    private readonly RepositoryContext _repository;
    private readonly Channel<PackBuffer> _free = Channel.CreateBounded<PackBuffer>(Buffers);
    private readonly Channel<PackBuffer> _full = Channel.CreateBounded<PackBuffer>(1);
    private readonly ConcurrentBag<PackBuffer> _made = [];
    private readonly Lock _unindexedLock = new();
    private List<IndexedPack> _unindexed = [];
    private int _unindexedItems;
    private volatile bool _indexIsInDoubt;
    private volatile bool _spaceRanOut;
    private readonly PackSlot _data;
    private readonly PackSlot _map;
    private readonly IWriteSession _session;
    private readonly Action<ItemId> _indexed;
    private readonly CancellationToken _cancel;
    private readonly Task _putting;
    private int _buffers;
    private long _bytesStored;

    /// <param name="nodeSize">Bytes of a map node, the item of map packs.</param>
    /// <param name="indexed">Called for each item that an index object names now.</param>
    /// <param name="failed">Called with the error when a put fails, so that the run stops.</param>
    public PackSink(
        RepositoryContext repository,
        IWriteSession session,
        int nodeSize,
        Action<ItemId> indexed,
        Action<Exception> failed,
        CancellationToken cancel
    )
    {
        _repository = repository;
        _session = session;
        _indexed = indexed;
        _data = new PackSlot(PackKind.Data, repository.ChunkSize);
        _map = new PackSlot(PackKind.Map, nodeSize);
        _cancel = cancel;
        _putting = Task.WhenAll(Enumerable.Range(0, Putters).Select(_ => Task.Run(() => PutAllAsync(failed), CancellationToken.None)));
    }

    /// <summary>Bytes of packs and index objects put so far.</summary>
    public long BytesStored => Interlocked.Read(ref _bytesStored);

    public async ValueTask AppendAsync(PackKind kind, PackedFrame frame)
    {
        var slot = kind == PackKind.Data ? _data : _map;
        await slot.Gate.WaitAsync(_cancel);
        try
        {
            slot.Current ??= await BeginAsync(slot);
            slot.Current.Append(frame);
            if (slot.Current.IsFull)
                await EndAsync(slot);
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <summary>Stores what is left, then the index objects. When this returns, everything that was appended is durable and
    /// indexed.</summary>
    public async Task FinishAsync()
    {
        await EndAsync(_data);
        await EndAsync(_map);
        _full.Writer.TryComplete();
        await _putting;
        await WriteIndexAsync(TakeUnindexed(), _cancel);
    }

    /// <summary>Stops putting; after a failure, indexes what was stored so that a later backup finds it, or gives it back where space ran
    /// out: nobody else could go on otherwise. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        _full.Writer.TryComplete();
        try
        {
            await _putting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_spaceRanOut && !_indexIsInDoubt)
                await GiveBackAsync(TakeUnindexed());
            else
                await WriteIndexAsync(TakeUnindexed(), CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The run has its own, earlier error. Packs that no index names are found by a scan of the packs.
        }

        foreach (var buffer in _made)
            buffer.Dispose();
    }

    private async ValueTask<PackBuffer> BeginAsync(PackSlot slot)
    {
        if (!_free.Reader.TryRead(out var buffer))
            buffer = Interlocked.Increment(ref _buffers) <= Buffers ? MakeBuffer() : await _free.Reader.ReadAsync(_cancel);

        buffer.BeginNew(slot.Kind, slot.ItemSize, _repository.Id, _repository.Keys);
        return buffer;
    }

    private PackBuffer MakeBuffer()
    {
        var buffer = new PackBuffer(_repository.PackSize);
        _made.Add(buffer);
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

    private async Task PutAllAsync(Action<Exception> failed)
    {
        try
        {
            await foreach (var buffer in _full.Reader.ReadAllAsync(_cancel))
            {
                await PutAsync(buffer);
                _free.Writer.TryWrite(buffer);
            }
        }
        catch (Exception e)
        {
            _spaceRanOut |= e is HoldfastException { Kind: FailureKind.NoSpace };
            failed(e);
            throw;
        }
    }

    private async Task PutAsync(PackBuffer buffer)
    {
        var indexed = buffer.End();

        // The name is random: where it is taken, it is by ourselves, in an attempt whose answer was lost.
        await _repository.Room.PutAsync(ObjectNames.OfPack(buffer.Kind, buffer.Pack), buffer.Content, RoomUse.Growth, _cancel);
        Interlocked.Add(ref _bytesStored, indexed.Length);
        if (AddUnindexed(indexed))
            await WriteIndexAsync(TakeUnindexed(), _cancel);
    }

    private bool AddUnindexed(IndexedPack pack)
    {
        lock (_unindexedLock)
        {
            _unindexed.Add(pack);
            _unindexedItems += pack.Directory.Items.Count;
            return _unindexed.Count >= _repository.PacksPerIndex || _unindexedItems >= IndexObject.MostItems;
        }
    }

    private List<IndexedPack> TakeUnindexed()
    {
        lock (_unindexedLock)
        {
            var taken = _unindexed;
            _unindexed = [];
            _unindexedItems = 0;
            return taken;
        }
    }

    private void PutBack(List<IndexedPack> packs)
    {
        lock (_unindexedLock)
        {
            _unindexed.AddRange(packs);
            _unindexedItems += packs.Sum(pack => pack.Directory.Items.Count);
        }
    }

    /// <summary>Removes packs that only this run knows of: no index object names them.</summary>
    private async Task GiveBackAsync(List<IndexedPack> packs)
    {
        foreach (var pack in packs)
            await _repository.Store.DeleteAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), CancellationToken.None);

        if (packs.Count > 0)
            EngineLog.GivenBack(_repository.Log, packs.Count, packs.Sum(pack => pack.Length));
    }

    private async Task WriteIndexAsync(List<IndexedPack> packs, CancellationToken cancel)
    {
        if (packs.Count == 0)
            return;

        try
        {
            Interlocked.Add(ref _bytesStored, await _repository.Index.PutAsync(new IndexObject([], packs), _session, cancel));
        }
        catch (Exception e)
        {
            // For the next write: what no index names is never found again. Only where space ran out is it sure that there is no index.
            var spaceRanOut = e is HoldfastException { Kind: FailureKind.NoSpace };
            _spaceRanOut |= spaceRanOut;
            _indexIsInDoubt |= !spaceRanOut;
            PutBack(packs);
            throw;
        }

        foreach (var pack in packs)
            pack.Directory.Items.ForEach(_indexed);
    }

    private sealed class PackSlot(PackKind kind, int itemSize)
    {
        public PackKind Kind => kind;

        public int ItemSize => itemSize;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public PackBuffer? Current { get; set; }
    }
}
