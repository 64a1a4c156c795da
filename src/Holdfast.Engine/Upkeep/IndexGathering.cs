using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>Gathers packs into index objects of the usual size.</summary>
/// <param name="isDryRun">Whether nothing is written.</param>
internal sealed class IndexGathering(RepositoryContext repository, bool isDryRun)
{
    private readonly List<IndexedPack> _packs = [];
    private readonly List<Guid> _superseded = [];
    private int _items;

    /// <summary>Index objects that were written.</summary>
    public int Written { get; private set; }

    public bool IsFull => _packs.Count >= repository.PacksPerIndex || _items >= IndexObject.MostItems;

    public void Add(IndexedPack pack)
    {
        _packs.Add(pack);
        _items += pack.Directory.Items.Count;
    }

    public void Supersede(Guid index) => _superseded.Add(index);

    /// <summary>Writes an index object of what was gathered, if it names any pack.</summary>
    /// <returns>The index objects in whose place it stands.</returns>
    public async Task<IReadOnlyList<Guid>> FlushAsync(CancellationToken cancel)
    {
        if (_packs.Count > 0)
        {
            Written++;
            if (!isDryRun)
                await repository.Index.PutAsync(new IndexObject([.. _superseded], [.. _packs]), UnregisteredSession.Instance, cancel);
        }

        IReadOnlyList<Guid> superseded = [.. _superseded];
        _packs.Clear();
        _superseded.Clear();
        _items = 0;
        return superseded;
    }
}
