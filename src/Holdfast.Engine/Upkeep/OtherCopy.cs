using System.Buffers;
using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>Another copy of the repository, from which objects are fetched, byte for byte, after they were found to be sound.</summary>
internal sealed class OtherCopy : IAsyncDisposable
{
    private readonly RepositoryContext _repository;
    private readonly RepositoryContext _other;
    private readonly ObjectReading _reading;
    private readonly ObjectReading _here;
    private readonly ObjectProof _proof;
    private readonly bool _isDryRun;
    private readonly HashSet<Guid> _tried = [];
    private Inventory? _inventory;

    private OtherCopy(RepositoryContext repository, IObjectStore from, ObjectReading here, bool isDryRun)
    {
        _repository = repository;
        _other = repository with
        {
            Store = from,
            Index = new RepositoryIndex(from, repository.Keys, cacheRoot: null, repository.Clock, repository.Log),
        };
        _reading = new ObjectReading(from, cancel => ReadConfigAsync(repository, from, cancel));
        _here = here;
        _proof = new ObjectProof(_other);
        _isDryRun = isDryRun;
    }

    /// <summary>Stored bytes that were read from the other copy.</summary>
    public long BytesRead => _reading.BytesRead;

    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when it is none of this repository;
    /// <see cref="FailureKind.NotFound"/> when there is none.</exception>
    public static async Task<OtherCopy> OpenAsync(
        RepositoryContext repository,
        IObjectStore from,
        ObjectReading here,
        bool isDryRun,
        CancellationToken cancel
    )
    {
        await ReadConfigAsync(repository, from, cancel);
        return new OtherCopy(repository, from, here, isDryRun);
    }

    /// <summary>Fetches a manifest or a key object in the place of a damaged one.</summary>
    /// <returns>Whether there was a sound one.</returns>
    public async Task<bool> FetchAsync(ObjectKey key, CancellationToken cancel)
    {
        var (bytes, _) = await _reading.TryReadWholeAsync(key, cancel);
        if (bytes is null || !IsSound(key, bytes))
            return false;

        if (!_isDryRun)
            await _repository.Store.ReplaceAsync(key, new ReadOnlySequence<byte>(bytes), cancel);

        return true;
    }

    /// <summary>Fetches the packs that hold items which are lost here.</summary>
    /// <returns>How many were fetched.</returns>
    public async Task<int> FetchPacksAsync(
        IReadOnlyCollection<ItemId> lost,
        Inventory inventory,
        PackLook look,
        IndexGathering index,
        CancellationToken cancel
    )
    {
        var there = _inventory ??= await ReadInventoryAsync(cancel);
        var packs = lost.Select(id => there.Items.TryFind(id, out var number, out var state) && state == PlaceState.Sound ? number : -1)
            .Where(number => number >= 0)
            .Distinct()
            .Select(number => there.Packs[number].Info)
            .Where(pack => _tried.Add(pack.Pack))
            .ToList();
        var fetched = 0;
        foreach (var pack in packs)
            fetched += await FetchPackAsync(pack, inventory, look, index, cancel) ? 1 : 0;

        await index.FlushAsync(cancel);
        return fetched;
    }

    public ValueTask DisposeAsync()
    {
        _proof.Dispose();
        return _other.Index.DisposeAsync();
    }

    private static async Task ReadConfigAsync(RepositoryContext repository, IObjectStore from, CancellationToken cancel)
    {
        var config = RepositoryConfig.Read(await from.ReadWholeAsync(ObjectNames.Config, cancel), from.Name);
        if (config.Id != repository.Id || !config.IsSignedBy(repository.Keys))
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{from.Name}' holds another repository, {config.Id:N}, not {repository.Id:N}. Name a copy of this one."
            );
        }
    }

    private async Task<Inventory> ReadInventoryAsync(CancellationToken cancel)
    {
        var known = new ConcurrentDictionary<(Guid Pack, ulong Digest), PackVerdict>();
        using var run = new InventoryRun(_other, _reading, read: null, known, progress: null);
        return await run.RunAsync(await ListedIndex.ListAsync(_other, cancel), cancel);
    }

    /// <summary>Every frame is opened before a byte is stored here.</summary>
    private async Task<bool> FetchPackAsync(
        PackInfo info,
        Inventory inventory,
        PackLook look,
        IndexGathering index,
        CancellationToken cancel
    )
    {
        var (bytes, _) = await _reading.TryReadWholeAsync(info.Key, cancel);
        if (bytes is null || bytes.Length != info.Length)
            return false;

        var header = new PackHeader(info.Kind, info.ItemSize, info.Pack, _repository.Id);
        var (pack, lost) = new PackScanner(_other.Store, _other.Keys, _other.Id).Scan(header, bytes);
        if (lost > 0)
            return false;

        var directory = pack.Directory.ToArray();
        if (!_isDryRun)
        {
            await _repository.Store.ReplaceAsync(info.Key, new ReadOnlySequence<byte>(bytes), cancel);
            if ((await look.LookAsync(pack, bytes.Length, directory, read: true, cancel)).Flaw is { } flaw)
                throw new HoldfastException(
                    FailureKind.WriteFailed,
                    $"Pack '{info.Key}' was fetched from '{_other.Store.Name}', and is damaged in '{_here.Store.Name}' again: {flaw}. "
                        + $"Check the disk and the system's log."
                );
        }

        var digest = InventoryRun.DigestOf(pack, directory);
        if (inventory.Find(pack.Pack, digest) is { } number)
            inventory.Place(number, pack, PackVerdict.SoundWhole);
        else
            inventory.Add(pack, digest, PackVerdict.SoundWhole);

        index.Add(pack);
        if (index.IsFull)
            await index.FlushAsync(cancel);

        return true;
    }

    private bool IsSound(ObjectKey key, byte[] bytes)
    {
        try
        {
            _proof.ThrowIfDamaged(key, bytes, whole: true);
            return true;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            return false;
        }
    }
}
