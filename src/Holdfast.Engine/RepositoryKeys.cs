using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>A key that opens a repository. The id names the object <c>keys/&lt;id&gt;</c>; the kind is <c>key-file</c> or
/// <c>passphrase</c>.</summary>
public sealed record RepositoryKey(string Id, string Kind, string Label, DateTimeOffset CreatedAt);

/// <summary>
/// The keys of an open repository. All of them wrap the same master key, so adding or removing one touches no data; and whoever had one
/// that was removed, and kept a copy of the repository of that time, can still open that copy.
/// </summary>
public sealed class RepositoryKeys
{
    private readonly IObjectStore _store;
    private readonly KeyRing _ring;
    private readonly Guid _repository;
    private readonly TimeProvider _clock;

    internal RepositoryKeys(IObjectStore store, KeyRing ring, Guid repository, TimeProvider clock)
    {
        _store = store;
        _ring = ring;
        _repository = repository;
        _clock = clock;
    }

    /// <summary>All keys, in order of their ids.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming a damaged key object.</exception>
    public async Task<IReadOnlyList<RepositoryKey>> ListAsync(CancellationToken cancel)
    {
        var keys = new List<RepositoryKey>();
        await foreach (var (id, read) in ReadAllAsync(_store, cancel))
        {
            var sound = read ?? throw Damaged(ObjectNames.OfKey(id));
            keys.Add(new RepositoryKey(id.ToString("N"), sound.Kind, sound.Label, sound.CreatedAt));
        }

        return keys;
    }

    /// <summary>Adds a key. For a <see cref="RepositorySecret.KeyFile"/> whose file does not exist, makes the file too (mode
    /// 0600).</summary>
    /// <param name="label">What to call it in listings, e.g. whose it is.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.WrongKey"/> when the key file is another repository's.</exception>
    public async Task<RepositoryKey> AddAsync(RepositorySecret secret, string label, CancellationToken cancel)
    {
        if (secret is RepositorySecret.KeyFile file)
        {
            if (!File.Exists(file.Path))
                KeyFile.Create(file.Path, _repository);

            KeyFile.Read(file.Path).ThrowIfNotOf(_repository, file.Path);
        }

        return await PutAsync(_store, _ring, _repository, secret, label, _clock, cancel);
    }

    /// <summary>Removes a key. Removing one that does not exist succeeds.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when it is the last one: nobody could open the repository
    /// again.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancel)
    {
        if (!Guid.TryParseExact(id, "N", out var named))
            return;

        var others = 0;
        var found = false;
        await foreach (var (other, read) in ReadAllAsync(_store, cancel))
        {
            found |= other == named;
            others += other != named && read is { } sound && sound.Repository == _repository.ToString("N") ? 1 : 0;
        }

        if (found && others == 0)
            throw new HoldfastException(
                FailureKind.Refused,
                $"Key {id} is the last one of the repository in '{_store.Name}'. Add another before you remove it."
            );

        await _store.DeleteAsync(ObjectNames.OfKey(named), cancel);
    }

    internal static async Task<RepositoryKey> PutAsync(
        IObjectStore store,
        KeyRing ring,
        Guid repository,
        RepositorySecret secret,
        string label,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        var id = new Guid(RandomNumberGenerator.GetBytes(16));
        var key = KeyObject.Wrap(ring.Master, repository, secret, label, clock.GetUtcNow());
        await store.PutIfAbsentAsync(ObjectNames.OfKey(id), new ReadOnlySequence<byte>(key.Write()), cancel);
        return new RepositoryKey(id.ToString("N"), key.Kind, key.Label, key.CreatedAt);
    }

    /// <summary>All key objects; null for one that is damaged.</summary>
    internal static async IAsyncEnumerable<(Guid Id, KeyObject? Key)> ReadAllAsync(
        IObjectStore store,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await foreach (var entry in store.ListAsync(ObjectNames.Keys, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is { } id)
                yield return (id, KeyObject.TryRead(await store.ReadWholeAsync(entry.Key, cancel)));
        }
    }

    internal static HoldfastException Damaged(ObjectKey key) =>
        new(
            FailureKind.Corrupted,
            $"Object '{key}' is damaged. If another key opens the repository, remove this one; else put back a copy of it."
        );
}
