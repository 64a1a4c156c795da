using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>Opens every index object and looks at every pack, on all cores. Index objects that cannot be read are noted and passed
/// over.</summary>
/// <param name="verdicts">Of packs that were read whole and found sound, here and in earlier runs: names are never used twice, so what
/// was true of a pack that is still there as long as it was is true.</param>
internal sealed class InventoryRun(
    RepositoryContext repository,
    ObjectReading reading,
    CheckShare? read,
    ConcurrentDictionary<(Guid Pack, ulong Digest), PackVerdict> verdicts,
    IProgress<CheckProgress>? progress
) : IDisposable
{
    /// <summary>Index objects are worked on together until they name this many packs, or items.</summary>
    private const int PacksAtOnce = 64;
    private const int ItemsAtOnce = 256 * 1024;

    private readonly PackLooks _looks = new(repository, reading);
    private Inventory _inventory = new();
    private PackListing _listing = PackListing.Empty;
    private long _total;
    private long _done;

    /// <summary>Plain bytes whose hashes were compared.</summary>
    public long BytesVerified => _looks.BytesVerified;

    /// <param name="ids">The index objects that were listed.</param>
    public async Task<Inventory> RunAsync(IReadOnlyList<ListedIndex> ids, CancellationToken cancel)
    {
        // After the index: what it names was put before it was.
        _listing = await PackListing.ReadAsync(repository.Store, cancel);
        _inventory = new Inventory(ids.Sum(listed => listed.Length ?? 0) / ItemId.Size);
        _total = read is null ? 0 : _listing.All().Where(pack => read.Holds(pack.Pack)).Sum(pack => pack.Length);
        var (group, packs, items) = (new List<(Guid Id, string? Flaw, IndexObject Index)>(), 0, 0L);
        foreach (var listed in ids)
        {
            var (index, flaw) = await TryReadIndexAsync(listed, cancel);
            group.Add((listed.Id, flaw, index));
            packs += index.Packs.Count;
            items += index.ItemCount;
            if (packs < PacksAtOnce && items < ItemsAtOnce)
                continue;

            await AddAsync(group, cancel);
            (packs, items) = (0, 0);
        }

        await AddAsync(group, cancel);
        _inventory.Finish(_listing.All());
        return _inventory;
    }

    public void Dispose() => _looks.Dispose();

    private async Task<(IndexObject Index, string? Flaw)> TryReadIndexAsync(ListedIndex listed, CancellationToken cancel)
    {
        var index = new IndexObject([], []);
        if (listed.Length is not { } length)
            return (index, "it is not there");

        var flaw = await reading.TryAsync(async () => index = await repository.Index.ReadAsync(listed.Id, cancel), cancel);
        reading.Count(length);
        return (index, flaw);
    }

    private async Task AddAsync(List<(Guid Id, string? Flaw, IndexObject Index)> group, CancellationToken cancel)
    {
        var packs = group.SelectMany(one => one.Index.Packs).ToArray();
        var looked = new (ulong Digest, PackVerdict Verdict)[packs.Length];
        await _looks.ForEachAsync(packs.Length, async (i, look, stop) => looked[i] = await LookAsync(look, packs[i], stop), cancel);
        var next = 0;
        foreach (var (id, flaw, index) in group)
        {
            var numbers = new int[index.Packs.Count];
            for (var i = 0; i < numbers.Length; i++, next++)
            {
                var (digest, verdict) = looked[next];
                numbers[i] = _inventory.Find(packs[next].Pack, digest) ?? _inventory.Add(packs[next], digest, verdict);
            }

            _inventory.Indexes.Add(new KnownIndex(id, flaw, index.Supersedes, numbers));
        }

        group.Clear();
    }

    private async Task<(ulong Digest, PackVerdict Verdict)> LookAsync(PackLook look, IndexedPack pack, CancellationToken cancel)
    {
        var directory = pack.Directory.ToArray();
        var digest = DigestOf(pack, directory);
        var length = _listing.Find(pack.Kind, pack.Pack);
        if (length == pack.Length && verdicts.TryGetValue((pack.Pack, digest), out var known))
            return (digest, known);

        var isRead = read?.Holds(pack.Pack) == true;
        var verdict = IsOfOurSizes(pack)
            ? await look.LookAsync(pack, length, directory, isRead, cancel)
            : new PackVerdict($"it has items of {pack.ItemSize} bytes", IsThere: false, WasRead: false, null);
        if (verdict == PackVerdict.SoundWhole)
            verdicts[(pack.Pack, digest)] = verdict;

        if (isRead)
            progress?.Report(new CheckProgress(Interlocked.Add(ref _done, pack.Length), _total));

        return (digest, verdict);
    }

    private bool IsOfOurSizes(IndexedPack pack) =>
        pack.Directory.Frames.Count > 0 && pack.ItemSize == (pack.Kind == PackKind.Data ? repository.ChunkSize : Maps.MapShape.NodeSize);

    /// <summary>Of what is said of a pack: two index objects may say different things.</summary>
    /// <param name="directory">The directory's plain bytes.</param>
    public static ulong DigestOf(IndexedPack pack, ReadOnlySpan<byte> directory)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(directory, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) ^ (ulong)pack.Length ^ ((ulong)pack.Kind << 62);
    }
}
