using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>Reads index objects one after the other into memory of its own, which is used again: each has ten million bytes and more, and a
/// collector that is in no need lets them lie. One thread at a time.</summary>
internal sealed class IndexReader(RepositoryContext repository) : IDisposable
{
    private readonly GrowingBuffer _bytes = new();
    private readonly GrowingBuffer _body = new();
    private readonly GrowingBuffer _plain = new();

    /// <summary>The packs that an index object names, good until the next call; each is made when it is come to.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.Corrupted"/>, and, from the packs,
    /// <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public async Task<IEnumerable<IndexedPack>> ReadAsync(Guid id, CancellationToken cancel)
    {
        var key = ObjectNames.OfIndex(id);
        var bytes = await repository.Store.ReadWholeAsync(key, _bytes, cancel);
        return Each(key, SealedObject.OpenInto(repository.Keys, SealedType.Index, id, bytes.Span, key, _body.Get, _plain.Get));
    }

    public void Dispose()
    {
        _bytes.Dispose();
        _body.Dispose();
        _plain.Dispose();
    }

    private static IEnumerable<IndexedPack> Each(ObjectKey key, ReadOnlyMemory<byte> plain)
    {
        using var packs = IndexObject.EachPack(plain).GetEnumerator();
        while (MoveNext(key, packs))
            yield return packs.Current;
    }

    private static bool MoveNext(ObjectKey key, IEnumerator<IndexedPack> packs)
    {
        try
        {
            return packs.MoveNext();
        }
        catch (InvalidDataException)
        {
            throw RepositoryIndex.NotOfVersion1(key);
        }
    }
}
