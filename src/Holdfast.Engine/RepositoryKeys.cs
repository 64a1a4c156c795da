using System.Buffers;
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
    /// <summary>Characters that a label has at most.</summary>
    public const int LongestLabel = 100;

    private readonly IObjectStore _store;
    private readonly OpenedRepository _opened;
    private readonly Func<CancellationToken, Task> _throwIfGone;
    private readonly TimeProvider _clock;

    /// <param name="throwIfGone">Called before a key is put or removed: whether the store still holds this repository.</param>
    internal RepositoryKeys(IObjectStore store, OpenedRepository opened, Func<CancellationToken, Task> throwIfGone, TimeProvider clock)
    {
        _store = store;
        _opened = opened;
        _throwIfGone = throwIfGone;
        _clock = clock;
    }

    /// <summary>The id of the key that opened the repository.</summary>
    public string OpenedWith => _opened.With.ToString("N");

    /// <summary>All keys, in order of their ids.</summary>
    /// <param name="damaged">Told of each key object that is damaged, with its id; it is then passed over. Without it, the first of them
    /// throws.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming a damaged key object, where
    /// <paramref name="damaged"/> is null.</exception>
    public async Task<IReadOnlyList<RepositoryKey>> ListAsync(
        CancellationToken cancel,
        Action<string, HoldfastException>? damaged = null
    )
    {
        var keys = new List<RepositoryKey>();
        await foreach (var (id, read) in KeyObjects.ReadAllAsync(_store, cancel))
        {
            if (read is not null)
                keys.Add(new RepositoryKey(id.ToString("N"), read.Kind, read.Label, read.CreatedAt));
            else if (damaged is not null)
                damaged(id.ToString("N"), Damaged(ObjectNames.OfKey(id)));
            else
                throw Damaged(ObjectNames.OfKey(id));
        }

        return keys;
    }

    /// <summary>Adds a key, and has seen that it opens the repository when it returns. For a <see cref="RepositorySecret.KeyFile"/> whose
    /// file does not exist, makes the file too (mode 0600).</summary>
    /// <param name="label">What to call it in listings, e.g. whose it is.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.WrongKey"/> when the key file is another repository's;
    /// <see cref="FailureKind.AlreadyExists"/> when the secret opens the repository already; <see cref="FailureKind.Refused"/> when
    /// passphrase or label are not fit for it; <see cref="FailureKind.Corrupted"/> when what was stored does not open.</exception>
    public async Task<RepositoryKey> AddAsync(RepositorySecret secret, string label, CancellationToken cancel)
    {
        ThrowIfUnfit(label);
        RepositoryOpening.ThrowIfUnfit(secret);
        await _throwIfGone(cancel);
        if (secret is RepositorySecret.KeyFile file)
        {
            if (!File.Exists(file.Path))
                KeyFile.Create(file.Path, _opened.Config.Id);

            KeyFile.Read(file.Path).ThrowIfNotOf(_opened.Config.Id, file.Path);
        }

        if (await FindAsync(secret, cancel) is { } known)
        {
            throw new HoldfastException(
                FailureKind.AlreadyExists,
                $"{RepositoryOpening.Describe(secret)} opens the repository already, as key {known:N}. Nothing was added."
            );
        }

        var added = await PutAsync(_store, _opened.Keys, _opened.Config.Id, secret, label, _clock, cancel);
        return await FindAsync(secret, cancel) is not null
            ? added
            : throw new HoldfastException(
                FailureKind.Corrupted,
                $"Key {added.Id} was stored in '{_store.Name}' and does not open the repository: the store does not give back what it is "
                    + $"given. Do not rely on this key; remove it once the store is mended."
            );
    }

    /// <summary>Puts a new key in the place of the one that opened the repository: that goes only when the new one was seen to open it. A
    /// crash between leaves both.</summary>
    /// <param name="label">Null for the label of the old one.</param>
    /// <returns>The new key.</returns>
    /// <exception cref="HoldfastException">What <see cref="AddAsync"/> and <see cref="RemoveAsync"/> throw.</exception>
    public async Task<RepositoryKey> ChangeAsync(RepositorySecret secret, string? label, CancellationToken cancel)
    {
        label ??= (await TryReadAsync(_opened.With, cancel))?.Label ?? KeyObject.KindOf(secret);
        var added = await AddAsync(secret, label, cancel);
        await RemoveAsync(OpenedWith, cancel);
        return added;
    }

    /// <summary>Removes a key, and has seen that another is left when it returns. Removing one that does not exist succeeds.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when it is the last one: nobody could open the repository
    /// again. <see cref="FailureKind.Busy"/> when somebody removed the others meanwhile: then it is there again.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancel)
    {
        if (!Guid.TryParseExact(id, "N", out var named))
            return;

        await _throwIfGone(cancel);
        var key = ObjectNames.OfKey(named);
        byte[] bytes;
        try
        {
            bytes = await _store.ReadWholeAsync(key, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return;
        }

        if (!await HasAnotherAsync(named, cancel))
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"Key {id} is the last one of the repository in '{_store.Name}'. Add another before you remove it."
            );
        }

        await _store.DeleteAsync(key, cancel);

        // Of two that remove the last two keys at once, each sees here that the other's is gone.
        if (await HasAnotherAsync(named, CancellationToken.None))
            return;

        await _store.PutIfAbsentAsync(key, new ReadOnlySequence<byte>(bytes), CancellationToken.None);
        throw new HoldfastException(
            FailureKind.Busy,
            $"Key {id} was put back: somebody removed all other keys of the repository in '{_store.Name}' at the same moment. List the "
                + $"keys before you try again."
        );
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

    internal static HoldfastException Damaged(ObjectKey key) =>
        new(
            FailureKind.Corrupted,
            $"Object '{key}' is damaged. If another key opens the repository, remove this one; else put back a copy of it."
        );

    private static void ThrowIfUnfit(string label)
    {
        if (label.Length is 0 or > LongestLabel || label.Any(char.IsControl))
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{label}' is no label for a key: it is one line of 1 to {LongestLabel} characters. Nothing was added."
            );
        }
    }

    /// <summary>The key that a secret opens to this repository's master key, as it is stored now.</summary>
    private async Task<Guid?> FindAsync(RepositorySecret secret, CancellationToken cancel)
    {
        await foreach (var (id, key) in KeyObjects.ReadAllAsync(_store, cancel))
        {
            if (key is not null && IsOurs(key) && key.TryUnwrap(secret) is { } master && _opened.Keys.Master.SequenceEqual(master))
                return id;
        }

        return null;
    }

    /// <summary>Whether the repository can be opened without this key, as far as that can be told without the others' secrets.</summary>
    private async Task<bool> HasAnotherAsync(Guid named, CancellationToken cancel)
    {
        if (named != _opened.With && await TryReadAsync(_opened.With, cancel) is not null)
            return true;

        await foreach (var (id, key) in KeyObjects.ReadAllAsync(_store, cancel))
        {
            // What our own secret opens to something else, an init that died left behind.
            if (
                id != named
                && key is not null
                && IsOurs(key)
                && (key.TryUnwrap(_opened.Secret) is not { } master || _opened.Keys.Master.SequenceEqual(master))
            )
                return true;
        }

        return false;
    }

    private bool IsOurs(KeyObject key) => key.Repository == _opened.Config.Repository;

    private async Task<KeyObject?> TryReadAsync(Guid id, CancellationToken cancel)
    {
        try
        {
            return KeyObject.TryRead(await _store.ReadWholeAsync(ObjectNames.OfKey(id), cancel));
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return null;
        }
    }
}
