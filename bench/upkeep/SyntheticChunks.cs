using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Packs;

namespace Holdfast.Bench.Upkeep;

/// <summary>
/// One volume of very many chunks, made through the engine's own pack writer. All frames hold the same few sealed bytes, so it is small on
/// disk, and the ids of its chunks are made up: whoever reads the data would find it damaged, whoever reads the index, the directories and
/// the map finds them sound. Chunks lie in packs as those of a half compressible volume would.
/// </summary>
internal sealed class SyntheticChunks(RepositoryContext repository, int chunksPerPack)
{
    private readonly Lock _lock = new();
    private List<IndexedPack> _unindexed = [];
    private int _unindexedItems;

    public async Task FillAsync(long chunks)
    {
        await PutChunksAsync(chunks);
        var (root, levels) = await PutMapAsync(chunks);
        await IndexAsync(_unindexed);
        await new SyntheticManifests(repository).PutAsync("synthetic", 1, chunks, root.ToString(), levels);
    }

    private async Task PutChunksAsync(long chunks)
    {
        var level = FrameLevel.Of(repository.Compression);
        using var builder = new FrameBuilder(repository.ChunkSize, level.DataFrame, level);
        var chunk = new byte[repository.ChunkSize];
        chunk.AsSpan().Fill(1);
        while (!builder.IsFull)
            builder.Add(default, chunk);

        var frame = builder.Take();
        var next = 0L;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 2 * Environment.ProcessorCount),
            async (_, cancel) =>
            {
                using var pack = new PackBuffer(repository.PackSize);
                while (Interlocked.Add(ref next, chunksPerPack) - chunksPerPack is var first && first < chunks)
                {
                    var end = Math.Min(first + chunksPerPack, chunks);
                    pack.BeginNew(PackKind.Data, repository.ChunkSize, repository.Id, repository.Keys);
                    for (var at = first; at < end; at += frame.Ids.Length)
                    {
                        var count = (int)Math.Min(frame.Ids.Length, end - at);
                        var ids = Enumerable.Range(0, count).Select(i => IdOf(at + i)).ToArray();
                        pack.Append(frame with { Ids = ids, PlainLength = count * repository.ChunkSize });
                    }

                    await PutAsync(pack, cancel);
                }
            }
        );
    }

    /// <summary>Nodes of the map, level by level; their ids are what they should be.</summary>
    private async Task<(ItemId Root, int Levels)> PutMapAsync(long chunks)
    {
        using var pack = new PackBuffer(repository.PackSize);
        using var builder = new FrameBuilder(MapShape.NodeSize, FrameLevel.MapFrame, FrameLevel.Of(repository.Compression));
        pack.BeginNew(PackKind.Map, MapShape.NodeSize, repository.Id, repository.Keys);
        var (below, count, levels) = ((Func<long, ItemId>)IdOf, chunks, 0);
        var node = new byte[MapShape.NodeSize];
        do
        {
            levels++;
            var nodes = new List<ItemId>();
            for (var first = 0L; first < count; first += MapShape.FanOut)
            {
                node.AsSpan().Clear();
                for (var i = first; i < Math.Min(count, first + MapShape.FanOut); i++)
                    below(i).CopyTo(node.AsSpan((int)(i - first) * ItemId.Size));

                nodes.Add(repository.Keys.Nodes.Hash(node));
                builder.Add(nodes[^1], node);
                if (builder.IsFull)
                    pack.Append(builder.Take());

                if (pack.IsFull)
                {
                    await PutAsync(pack, CancellationToken.None);
                    pack.BeginNew(PackKind.Map, MapShape.NodeSize, repository.Id, repository.Keys);
                }
            }

            (below, count) = (i => nodes[(int)i], nodes.Count);
        } while (count > 1);

        if (!builder.IsEmpty)
            pack.Append(builder.Take());

        await PutAsync(pack, CancellationToken.None);
        return (below(0), levels);
    }

    private async Task PutAsync(PackBuffer buffer, CancellationToken cancel)
    {
        var pack = buffer.End();
        await repository.Store.PutIfAbsentAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), buffer.Content, cancel);
        List<IndexedPack> full;
        lock (_lock)
        {
            _unindexed.Add(pack);
            _unindexedItems += pack.Directory.Items.Count;
            if (_unindexed.Count < repository.PacksPerIndex && _unindexedItems < IndexObject.MostItems)
                return;

            (full, _unindexed, _unindexedItems) = (_unindexed, [], 0);
        }

        await IndexAsync(full);
    }

    private async Task IndexAsync(List<IndexedPack> packs)
    {
        if (packs.Count > 0)
            await repository.Index.PutUnregisteredAsync(new IndexObject([], packs), CancellationToken.None);
    }

    /// <summary>As random as an id should be, and the same each time it is asked for.</summary>
    private static ItemId IdOf(long chunk) => new(SHA256.HashData(BitConverter.GetBytes(chunk)));
}
