using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Index;

/// <summary>
/// Which packs are in a store where each request costs: from one listing a day, from what this process put since, and of what is not known
/// from either by asking for each pack once. See decision 0020.
/// </summary>
internal sealed class RememberedPacks(IObjectStore store, string? cacheRoot, TimeProvider clock) : IDisposable
{
    private const int AskedAtOnce = 16;

    /// <summary>After this time everything is listed anew.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private readonly PackMemory _memory = new(cacheRoot);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Lock _lock = new();
    private readonly HashSet<Guid> _gone = [];
    private List<(PackKind Kind, Guid Pack, long Length)>? _meanwhile;
    private PackListing? _listing;
    private DateTimeOffset _listedAt;

    /// <summary>The packs that are known to be there. The same object as before when nothing was learnt.</summary>
    public async Task<PackListing> ReadAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            return Known() ?? Recall() ?? await ListAsync(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Of packs that index objects name, those that are not there, or not of their length.</summary>
    public async Task<IReadOnlySet<Guid>> AbsentAsync(
        IReadOnlyCollection<(PackKind Kind, Guid Pack, long Length)> named,
        CancellationToken cancel
    )
    {
        var listing = await ReadAsync(cancel);
        var unknown = named.Where(pack => listing.Find(pack.Kind, pack.Pack) is null && !IsGone(pack.Pack)).ToList();
        await AskAsync(unknown, cancel);
        listing = await ReadAsync(cancel);
        return named.Where(pack => listing.Find(pack.Kind, pack.Pack) != pack.Length).Select(pack => pack.Pack).ToHashSet();
    }

    /// <summary>Packs that were put, or seen, since.</summary>
    public void Add(IReadOnlyCollection<(PackKind Kind, Guid Pack, long Length)> packs)
    {
        lock (_lock)
        {
            _meanwhile?.AddRange(packs);
            _gone.ExceptWith(packs.Select(pack => pack.Pack));
            if (_listing is not null)
                _listing = _listing.With(packs);

            _memory.Add(packs);
        }
    }

    /// <summary>Packs may have gone: what was known counts no more.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _listing = null;
            _gone.Clear();
            _memory.Forget();
        }
    }

    public void Dispose() => _gate.Dispose();

    private PackListing? Known()
    {
        lock (_lock)
            return IsFresh(_listedAt) ? _listing : null;
    }

    /// <summary>A clock that was set back makes an age negative: as good as none.</summary>
    private bool IsFresh(DateTimeOffset listedAt) => clock.GetUtcNow() - listedAt is var age && age >= TimeSpan.Zero && age < Longest;

    private PackListing? Recall()
    {
        if (_listing is not null || _memory.Read() is not { } kept || !IsFresh(kept.ListedAt))
            return null;

        lock (_lock)
        {
            _listedAt = kept.ListedAt;
            return _listing = PackListing.Empty.With(kept.Packs);
        }
    }

    private async Task<PackListing> ListAsync(CancellationToken cancel)
    {
        var listedAt = clock.GetUtcNow();
        lock (_lock)
            _meanwhile = [];

        try
        {
            var listing = await PackListing.ReadAsync(store, cancel);
            lock (_lock)
            {
                _gone.Clear();
                _listedAt = listedAt;
                _listing = listing.With(_meanwhile);
                _memory.Write(listedAt, [.. _listing.All()]);
                return _listing;
            }
        }
        finally
        {
            lock (_lock)
                _meanwhile = null;
        }
    }

    private bool IsGone(Guid pack)
    {
        lock (_lock)
            return _gone.Contains(pack);
    }

    private async Task AskAsync(List<(PackKind Kind, Guid Pack, long Length)> packs, CancellationToken cancel)
    {
        if (packs.Count == 0)
            return;

        var sizes = new long?[packs.Count];
        await Parallel.ForAsync(
            0,
            packs.Count,
            new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = cancel },
            async (i, stop) => sizes[i] = await store.FindSizeAsync(ObjectNames.OfPack(packs[i].Kind, packs[i].Pack), stop)
        );
        var asked = packs.Zip(sizes).ToList();
        Add([.. asked.Where(pack => pack.Second is not null).Select(pack => pack.First with { Length = pack.Second ?? 0 })]);
        lock (_lock)
            _gone.UnionWith(asked.Where(pack => pack.Second is null).Select(pack => pack.First.Pack));
    }
}
