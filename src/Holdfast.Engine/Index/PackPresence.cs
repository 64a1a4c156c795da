using System.Collections.Frozen;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Index;

/// <summary>Tells which of the packs that index objects name are in the store, whole: few by asking for each, many by one
/// listing.</summary>
internal sealed class PackPresence(IObjectStore store)
{
    private const int AskedSingly = 128;

    private int _asked;
    private Dictionary<ObjectKey, long>? _listed;

    public static readonly IReadOnlySet<Guid> NoneAbsent = FrozenSet<Guid>.Empty;

    /// <summary>The packs that are not there, or not as long as the index says.</summary>
    public async Task<IReadOnlySet<Guid>> AbsentAsync(IReadOnlyList<IndexedPack> packs, CancellationToken cancel)
    {
        HashSet<Guid>? absent = null;
        foreach (var pack in packs)
        {
            var key = ObjectNames.OfPack(pack.Kind, pack.Pack);
            var size =
                ++_asked <= AskedSingly ? await store.FindSizeAsync(key, cancel)
                : (_listed ??= await ListAsync(cancel)).TryGetValue(key, out var listed) ? listed
                : null;
            if (size != pack.Length)
                (absent ??= []).Add(pack.Pack);
        }

        return absent ?? NoneAbsent;
    }

    private async Task<Dictionary<ObjectKey, long>> ListAsync(CancellationToken cancel)
    {
        var sizes = new Dictionary<ObjectKey, long>();
        foreach (var prefix in new[] { ObjectNames.Data, ObjectNames.Map })
        {
            await foreach (var entry in store.ListAsync(prefix, cancel))
                sizes[entry.Key] = entry.Size;
        }

        return sizes;
    }
}
