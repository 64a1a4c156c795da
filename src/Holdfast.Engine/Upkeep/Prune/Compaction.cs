using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// Copies what lives in some packs into new ones, and gives an index object of these as soon as there are enough of them. Deletes nothing.
/// Spec: docs/format/prune.md, section 6. One thread at a time.
/// </summary>
internal sealed class Compaction(
    RepositoryContext repository,
    Marking marking,
    Func<IndexObject, Task> register,
    PruneCounter counter
) : IDisposable
{
    private readonly FrameReader _frames = new(repository.Keys);
    private readonly Dictionary<PackKind, Filling> _filling = [];
    private List<IndexedPack> _made = [];
    private byte[] _pack = [];

    /// <summary>Packs whose living items are copied. That each of them has another home by then is for the second look to find.</summary>
    public List<MarkedPack> Moved { get; } = [];

    public List<MarkedPack> Damaged { get; } = [];

    /// <summary>Bytes of the packs that were put.</summary>
    public long BytesPut { get; private set; }

    /// <param name="joined">Those of the packs that are copied whatever that frees.</param>
    public async Task RunAsync(IReadOnlyList<MarkedPack> packs, IReadOnlySet<MarkedPack> joined, CancellationToken cancel)
    {
        // An index object is read once for all of its packs.
        foreach (var group in packs.GroupBy(pack => pack.Index[^1]).OrderBy(group => group.Key))
        {
            var index = await repository.Index.ReadAsync(group.Key, cancel);
            var directories = index.Packs.ToDictionary(pack => pack.Pack, pack => pack.Directory);
            foreach (var pack in group.OrderBy(pack => pack.Number))
            {
                cancel.ThrowIfCancellationRequested();
                var directory = directories[pack.Info.Pack];
                if (joined.Contains(pack) || IsWorth(pack, directory))
                    await CopyAsync(pack, directory, cancel);

                counter.Add(pack.Length);
            }
        }

        await EndAsync(cancel);
    }

    public void Dispose()
    {
        _frames.Dispose();
        foreach (var filling in _filling.Values)
            filling.Dispose();
    }

    private async Task CopyAsync(MarkedPack pack, PackDirectory directory, CancellationToken cancel)
    {
        if (_pack.Length < pack.Length)
            _pack = new byte[checked((int)pack.Length)];

        await PackReading.ReadAsync(repository.Store, pack.Info, 0, _pack.AsMemory(0, (int)pack.Length), cancel);
        if (!IsSound(pack, directory))
        {
            Damaged.Add(pack);
            PruneLog.PackDamaged(repository.Log, pack.Key.Value);
            return;
        }

        var first = 0;
        foreach (var frame in directory.Frames)
        {
            await CopyAsync(pack, directory, frame, first, cancel);
            first += frame.ItemCount;
        }

        Moved.Add(pack);
    }

    /// <summary>Opens every frame that something lives in before anything of the pack is copied.</summary>
    private bool IsSound(MarkedPack pack, PackDirectory directory)
    {
        var first = 0;
        foreach (var frame in directory.Frames)
        {
            var live = LiveOf(pack, frame, first);
            if (live.Count > 0 && !IsSound(pack, directory, frame, first, live))
                return false;

            first += frame.ItemCount;
        }

        return true;
    }

    /// <summary>Whether at least a third of what is moved is freed, what comes along in whole frames counted in: else a small pack whose
    /// one frame is half unused would be copied as it is, by each run anew.</summary>
    private bool IsWorth(MarkedPack pack, PackDirectory directory)
    {
        var (moved, first) = (0L, 0);
        foreach (var frame in directory.Frames)
        {
            var live = LiveOf(pack, frame, first).Count;
            moved += IsMovedWhole(live, frame) ? frame.SealedLength : (long)frame.SealedLength * live / frame.ItemCount;
            first += frame.ItemCount;
        }

        return (pack.Length - moved) * 3 >= moved;
    }

    private static bool IsMovedWhole(int live, FrameEntry frame) => live * 2 >= frame.ItemCount;

    private bool IsSound(MarkedPack pack, PackDirectory directory, FrameEntry frame, int first, List<int> live) =>
        _frames.TryOpen(pack.Info.Pack, pack.Info.ItemSize, BytesOf(frame), out var header, out var plain)
        && header.ItemCount == frame.ItemCount
        && live.TrueForAll(place => HasherOf(pack.Kind).Hash(ItemOf(pack, plain, place).Span) == directory.Items[first + place]);

    private async Task CopyAsync(MarkedPack pack, PackDirectory directory, FrameEntry frame, int first, CancellationToken cancel)
    {
        var live = LiveOf(pack, frame, first);
        if (live.Count == 0)
            return;

        var filling = FillingOf(pack.Kind, pack.Info.ItemSize);
        if (IsMovedWhole(live.Count, frame))
        {
            var body = _frames.OpenSealed(pack.Info, frame.Offset, BytesOf(frame), out var header);
            var ids = directory.Items.GetRange(first, frame.ItemCount).ToArray();
            await AppendAsync(filling, new PackedFrame(ids, header.Codec, header.PlainLength, body), cancel);
            return;
        }

        var plain = _frames.Open(pack.Info, frame.Offset, BytesOf(frame));
        foreach (var place in live)
        {
            filling.Frame.Add(directory.Items[first + place], ItemOf(pack, plain, place).Span);
            if (filling.Frame.IsFull)
                await AppendAsync(filling, filling.Frame.Take(), cancel);
        }
    }

    private List<int> LiveOf(MarkedPack pack, FrameEntry frame, int first) =>
        [.. Enumerable.Range(0, frame.ItemCount).Where(place => marking.IsLive(pack, first + place))];

    private ReadOnlySpan<byte> BytesOf(FrameEntry frame) => _pack.AsSpan((int)frame.Offset, FrameHeader.Size + frame.SealedLength);

    private static ReadOnlyMemory<byte> ItemOf(MarkedPack pack, ReadOnlyMemory<byte> plain, int place) =>
        plain.Slice(place * pack.Info.ItemSize, pack.Info.ItemSize);

    private ItemHasher HasherOf(PackKind kind) => kind == PackKind.Data ? repository.Keys.Chunks : repository.Keys.Nodes;

    private Filling FillingOf(PackKind kind, int itemSize)
    {
        if (_filling.TryGetValue(kind, out var filling))
            return filling;

        var level = FrameLevel.Of(repository.Compression);
        var target = kind == PackKind.Data ? Math.Max(level.DataFrame, itemSize) : FrameLevel.MapFrame;
        return _filling[kind] = new Filling(
            kind,
            itemSize,
            new PackBuffer(repository.PackSize),
            new FrameBuilder(itemSize, Math.Min(target, FrameHeader.MaxPlainLength), level)
        );
    }

    private async Task AppendAsync(Filling filling, PackedFrame frame, CancellationToken cancel)
    {
        if (!filling.IsBegun)
        {
            filling.Pack.BeginNew(filling.Kind, filling.ItemSize, repository.Id, repository.Keys);
            filling.IsBegun = true;
        }

        filling.Pack.Append(frame);
        if (filling.Pack.IsFull)
            await PutAsync(filling, cancel);
    }

    private async Task PutAsync(Filling filling, CancellationToken cancel)
    {
        filling.IsBegun = false;
        var made = filling.Pack.End();
        await repository.Room.PutAsync(ObjectNames.OfPack(made.Kind, made.Pack), filling.Pack.Content, RoomUse.Replacement, cancel);
        BytesPut += made.Length;
        _made.Add(made);
        if (_made.Count >= repository.PacksPerIndex || _made.Sum(pack => pack.Directory.Items.Count) >= IndexObject.MostItems)
            await RegisterAsync();
    }

    private async Task RegisterAsync()
    {
        var made = _made;
        _made = [];
        if (made.Count > 0)
            await register(new IndexObject([], made));
    }

    private async Task EndAsync(CancellationToken cancel)
    {
        foreach (var filling in _filling.Values)
        {
            if (!filling.Frame.IsEmpty)
                await AppendAsync(filling, filling.Frame.Take(), cancel);

            if (filling.IsBegun)
                await PutAsync(filling, cancel);
        }

        await RegisterAsync();
    }

    private sealed class Filling(PackKind kind, int itemSize, PackBuffer pack, FrameBuilder frame) : IDisposable
    {
        public PackKind Kind => kind;

        public int ItemSize => itemSize;

        public PackBuffer Pack => pack;

        public FrameBuilder Frame => frame;

        public bool IsBegun { get; set; }

        public void Dispose()
        {
            pack.Dispose();
            frame.Dispose();
        }
    }
}
