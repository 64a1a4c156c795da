using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Restore;

/// <summary>One of a restore's workers: reads frames, verifies every chunk, writes it to all its places. Has its own buffers.</summary>
/// <param name="losses">Is told what cannot be read; where it is null, that throws.</param>
internal sealed class RestoreWorker(
    RepositoryContext repository,
    IndexCache index,
    ChunkGrid grid,
    IBlockDevice target,
    RestoreCounters counters,
    RestoreLosses? losses
) : IDisposable
{
    private readonly FrameReader _frames = new(repository.Keys);
    private readonly GrowingBuffer _buffer = new();

    public async Task RunAsync(PackRead read, List<PlannedChunk> plan, CancellationToken cancel)
    {
        var pack = index.Pack(read.Pack);
        var bytes = _buffer.Get(read.Length);
        try
        {
            await PackReading.ReadAsync(repository.Store, pack, read.Offset, bytes, cancel);
        }
        catch (HoldfastException e) when (losses is not null && RestoreLosses.MayBeDamage(e))
        {
            await losses.ThrowIfGoneAsync(cancel);
            await RunSinglyAsync(read, plan, cancel);
            return;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            throw Damaged(pack, plan[read.First], e.Message, e);
        }

        counters.AddRead(read.Pack, read.Length);
        for (var first = read.First; first < read.End;)
        {
            cancel.ThrowIfCancellationRequested();
            var end = EndOfFrame(plan, first, read.End);
            var at = (int)(plan[first].Location.FrameOffset - read.Offset);
            try
            {
                await WriteFrameAsync(pack, Open(pack, plan[first], bytes.Span[at..]), plan, first, end, cancel);
            }
            catch (HoldfastException e) when (losses is not null && e.Kind == FailureKind.Corrupted)
            {
                await LoseAsync(losses, plan, first, end, cancel);
            }

            first = end;
        }
    }

    public void Dispose()
    {
        _frames.Dispose();
        _buffer.Dispose();
    }

    private static int EndOfFrame(List<PlannedChunk> plan, int first, int last)
    {
        var end = first + 1;
        while (end < last && plan[end].IsOfSameFrame(plan[first]))
            end++;

        return end;
    }

    /// <summary>Frame by frame: what cannot be read of one costs the others nothing.</summary>
    private async Task RunSinglyAsync(PackRead read, List<PlannedChunk> plan, CancellationToken cancel)
    {
        for (var first = read.First; first < read.End;)
        {
            var end = EndOfFrame(plan, first, read.End);
            var location = plan[first].Location;
            if (end - first == read.End - read.First && losses is not null)
                await LoseAsync(losses, plan, first, end, cancel);
            else
                await RunAsync(
                    new PackRead(read.Pack, location.FrameOffset, FrameHeader.Size + location.SealedLength, first, end),
                    plan,
                    cancel
                );

            first = end;
        }
    }

    private async Task LoseAsync(RestoreLosses to, List<PlannedChunk> plan, int first, int end, CancellationToken cancel)
    {
        for (var i = first; i < end; i++)
            counters.AddZero(await to.AddAsync(plan[i].Index, cancel));
    }

    private ReadOnlyMemory<byte> Open(PackInfo pack, PlannedChunk chunk, ReadOnlySpan<byte> from)
    {
        if (pack.ItemSize != grid.ChunkSize)
            throw Damaged(pack, chunk, $"the pack has items of {pack.ItemSize} bytes");

        return _frames.TryOpen(pack.Pack, pack.ItemSize, from, out _, out var plain)
            ? plain
            : throw Damaged(pack, chunk, "the frame does not open");
    }

    private async ValueTask WriteFrameAsync(
        PackInfo pack,
        ReadOnlyMemory<byte> plain,
        List<PlannedChunk> plan,
        int first,
        int end,
        CancellationToken cancel
    )
    {
        var verified = -1;
        for (var i = first; i < end;)
        {
            // Neighbours in the frame that are neighbours in the volume are written at once.
            var next = i;
            do
            {
                if (plan[next].Location.Position != verified)
                    Verify(pack, plain.Span, plan[next]);

                verified = plan[next].Location.Position;
                next++;
            } while (
                next < end
                && plan[next].Index == plan[next - 1].Index + 1
                && plan[next].Location.Position == plan[next - 1].Location.Position + 1
            );

            var length = (int)grid.LengthOf(plan[i].Index, next - i);
            await target.WriteAsync(grid.OffsetOf(plan[i].Index), plain.Slice(plan[i].Location.Position * grid.ChunkSize, length), cancel);
            counters.AddWritten(length);
            i = next;
        }
    }

    private void Verify(PackInfo pack, ReadOnlySpan<byte> plain, PlannedChunk chunk)
    {
        var at = (long)chunk.Location.Position * grid.ChunkSize;
        if (at + grid.ChunkSize > plain.Length || repository.Keys.Chunks.Hash(plain.Slice((int)at, grid.ChunkSize)) != chunk.Id)
            throw Damaged(pack, chunk, $"place {chunk.Location.Position} of the frame does not hold chunk {chunk.Id}");
    }

    private HoldfastException Damaged(PackInfo pack, PlannedChunk chunk, string what, Exception? inner = null) =>
        new(
            FailureKind.Corrupted,
            $"Pack '{pack.Key}' is damaged in its frame at byte {chunk.Location.FrameOffset}, which holds byte "
                + $"{grid.OffsetOf(chunk.Index)} of the volume: {what}. Put back a copy of the pack, or restore another backup.",
            inner
        );
}
