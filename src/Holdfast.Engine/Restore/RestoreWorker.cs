using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Restore;

/// <summary>Fetches ranges of packs, verifies every chunk against its id and writes it to its places. One thread at a time; owns its buffers.</summary>
internal sealed class RestoreWorker(RepositoryContext repository, IndexCache index, ChunkGrid grid, IBlockDevice target) : IDisposable
{
    private readonly FrameReader _frames = new(repository.Keys);
    private byte[] _range = GC.AllocateUninitializedArray<byte>(RestorePlan.MaxRead + FrameHeader.Size + FrameHeader.TagSize);

    public long BytesRead { get; private set; }

    public long BytesWritten { get; private set; }

    public async ValueTask ProcessAsync(RangeRead read, CancellationToken cancel)
    {
        var pack = index.Pack(read.Pack);
        if (_range.Length < read.Length)
        {
            _range = GC.AllocateUninitializedArray<byte>(read.Length);
        }

        await repository.Store.ReadAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), read.Offset, _range.AsMemory(0, read.Length), cancel);
        BytesRead += read.Length;
        for (var first = 0; first < read.Placements.Length;)
        {
            var offset = read.Placements.Span[first].At.FrameOffset;
            var end = first;
            while (end < read.Placements.Length && read.Placements.Span[end].At.FrameOffset == offset)
            {
                end++;
            }

            var plain = _frames.Open(pack, offset, _range.AsSpan((int)(offset - read.Offset)));
            await WriteFrameAsync(plain, pack, read.Placements[first..end], cancel);
            first = end;
        }
    }

    public void Dispose() => _frames.Dispose();

    /// <summary>Writes a frame's chunks; those that are neighbours in the frame and on the volume, together.</summary>
    private async ValueTask WriteFrameAsync(ReadOnlyMemory<byte> plain, PackInfo pack, ReadOnlyMemory<Placement> placements, CancellationToken cancel)
    {
        for (var first = 0; first < placements.Length;)
        {
            var start = placements.Span[first];
            var count = 0;
            while (first + count < placements.Length && Follows(placements.Span[first + count], start, count))
            {
                Verify(plain, pack, placements.Span[first + count]);
                count++;
            }

            var length = (int)grid.LengthOf(start.Chunk, count);
            await target.WriteAsync(grid.OffsetOf(start.Chunk), plain.Slice(start.At.Position * grid.ChunkSize, length), cancel);
            BytesWritten += length;
            first += count;
        }
    }

    private static bool Follows(Placement next, Placement start, int count) => next.Chunk == start.Chunk + count && next.At.Position == start.At.Position + count;

    private void Verify(ReadOnlyMemory<byte> plain, PackInfo pack, Placement placement)
    {
        var at = placement.At.Position * grid.ChunkSize;
        if (at + grid.ChunkSize > plain.Length || repository.Keys.Chunks.Hash(plain.Span.Slice(at, grid.ChunkSize)) != placement.Id)
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"The chunk at volume offset {grid.OffsetOf(placement.Chunk)} is not what was backed up (pack '{ObjectNames.OfPack(pack.Kind, pack.Pack)}', frame at {placement.At.FrameOffset}, item {placement.At.Position}). Restore from another backup.");
        }
    }
}
