using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>Finds out what a pack holds that no index object names: from its directory, or, where that is damaged, from its
/// frames.</summary>
internal sealed class LooseLook(RepositoryContext repository, ObjectReading reading)
{
    /// <param name="read">Whether to read all of it.</param>
    /// <returns>What it holds, without a frame where nothing in it opens; null where it is not there any more.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/> when a newer version wrote it.</exception>
    public async Task<(IndexedPack Pack, PackVerdict Verdict)?> LookAsync(
        PackLook look,
        LoosePack loose,
        bool read,
        CancellationToken cancel
    )
    {
        var key = ObjectNames.OfPack(loose.Kind, loose.Pack);
        var itemSize = loose.Kind == PackKind.Data ? repository.ChunkSize : MapShape.NodeSize;
        IndexedPack? pack = null;
        var reader = new PackReader(repository.Store, repository.Keys, repository.Id);
        var flaw = await reading.TryAsync(async () => pack = await reader.ReadDirectoryAsync(key, cancel), cancel);
        if (pack is { Directory.Frames.Count: > 0 } && pack.ItemSize == itemSize)
            return (pack, await look.LookAsync(pack, pack.Length, pack.Directory.ToArray(), read, cancel));

        var (bytes, unread) = await reading.TryReadWholeAsync(key, cancel);
        if (bytes is null && await repository.Store.FindSizeAsync(key, cancel) is null)
            return null;

        // Whatever its header says: the name tells what it is, and a frame opens only in the pack that it was sealed for.
        var header = new PackHeader(loose.Kind, itemSize, loose.Pack, repository.Id);
        var scanner = new PackScanner(repository.Store, repository.Keys, repository.Id);
        return (
            scanner.Scan(header, bytes ?? []).Pack,
            new PackVerdict(flaw ?? unread ?? "its items have another size", IsThere: true, WasRead: true, null)
        );
    }
}
