using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>Puts what still opens of damaged packs, and lies nowhere else, into new packs.</summary>
internal sealed class Salvage(RepositoryContext repository, Inventory inventory, PackLook look, IndexGathering index, bool isDryRun)
    : IDisposable
{
    private readonly Slot _data = new(repository, PackKind.Data, repository.ChunkSize);
    private readonly Slot _map = new(repository, PackKind.Map, MapShape.NodeSize);

    /// <summary>New packs that were put.</summary>
    public int Packs { get; private set; }

    /// <param name="number">Of the damaged pack in the inventory.</param>
    public async Task AddAsync(IndexedPack pack, int number, CancellationToken cancel)
    {
        var verdict = inventory.Packs[number].Verdict;
        var slot = pack.Kind == PackKind.Data ? _data : _map;
        var first = 0;
        for (var frame = 0; frame < pack.Directory.Frames.Count; first += pack.Directory.Frames[frame].ItemCount, frame++)
        {
            if (verdict.StateOf(frame) == PlaceState.Damaged)
                await AddFrameAsync(slot, pack, frame, first, cancel);
        }
    }

    /// <summary>Puts what is left.</summary>
    public async Task FinishAsync(CancellationToken cancel)
    {
        await EndAsync(_data, cancel);
        await EndAsync(_map, cancel);
        await index.FlushAsync(cancel);
    }

    public void Dispose()
    {
        _data.Dispose();
        _map.Dispose();
    }

    private async Task AddFrameAsync(Slot slot, IndexedPack pack, int frame, int first, CancellationToken cancel)
    {
        var count = pack.Directory.Frames[frame].ItemCount;
        var needed = Enumerable
            .Range(0, count)
            .Where(i => inventory.Items.TryFind(pack.Directory.Items[first + i], out _, out var state) && state == PlaceState.Damaged)
            .ToList();
        if (needed.Count == 0 || await look.ReadFrameAsync(pack, frame, first, cancel) is not { } plain)
            return;

        foreach (var i in needed)
            slot.Frame.Add(pack.Directory.Items[first + i], plain.Span.Slice(i * pack.ItemSize, pack.ItemSize));

        slot.Append();
        if (slot.Pack.IsFull)
            await EndAsync(slot, cancel);
    }

    private async Task EndAsync(Slot slot, CancellationToken cancel)
    {
        if (!slot.IsBegun)
            return;

        var pack = slot.End();
        Packs++;
        if (!isDryRun)
            await repository.Room.PutAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), slot.Pack.Content, RoomUse.Replacement, cancel);

        // In a dry run there is no such pack to be read: what it would hold stays where it lies.
        if (!isDryRun)
            inventory.Add(pack, InventoryRun.DigestOf(pack, pack.Directory.ToArray()), PackVerdict.SoundWhole);

        index.Add(pack);
        if (index.IsFull)
            await index.FlushAsync(cancel);
    }

    /// <summary>The pack of a kind that is being filled.</summary>
    private sealed class Slot(RepositoryContext repository, PackKind kind, int itemSize) : IDisposable
    {
        private PackBuffer? _pack;
        private FrameBuilder? _frame;

        public bool IsBegun { get; private set; }

        public FrameBuilder Frame =>
            _frame ??= new FrameBuilder(itemSize, FrameHeader.MaxPlainLength, FrameLevel.Of(repository.Compression));

        public PackBuffer Pack => _pack ??= new PackBuffer(repository.PackSize);

        public void Append()
        {
            if (!IsBegun)
                Pack.BeginNew(kind, itemSize, repository.Id, repository.Keys);

            IsBegun = true;
            Pack.Append(Frame.Take());
        }

        public IndexedPack End()
        {
            IsBegun = false;
            return Pack.End();
        }

        public void Dispose()
        {
            _pack?.Dispose();
            _frame?.Dispose();
        }
    }
}
