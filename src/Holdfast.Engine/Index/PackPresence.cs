using System.Collections.Frozen;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Index;

/// <summary>Tells which of the packs that index objects name are in the store, whole: few by asking for each, many by one
/// listing.</summary>
internal sealed class PackPresence(IObjectStore store, PackListings listings)
{
    private const int AskedSingly = 128;

    private int _asked;
    private PackListing? _listed;

    public static readonly IReadOnlySet<Guid> NoneAbsent = FrozenSet<Guid>.Empty;

    /// <summary>The packs that are not there, or not as long as the index says.</summary>
    public async Task<IReadOnlySet<Guid>> AbsentAsync(IReadOnlyList<IndexedPack> packs, CancellationToken cancel)
    {
        if (await listings.FindAbsentAsync(packs, cancel) is { } known)
            return known;

        HashSet<Guid>? absent = null;
        foreach (var pack in packs)
        {
            var size =
                ++_asked <= AskedSingly
                    ? await store.FindSizeAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), cancel)
                    : (_listed ??= await listings.ReadAsync(cancel)).Find(pack.Kind, pack.Pack);
            if (size != pack.Length)
                (absent ??= []).Add(pack.Pack);
        }

        return absent ?? NoneAbsent;
    }
}
