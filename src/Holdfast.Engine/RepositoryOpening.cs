using System.Buffers;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;
using Holdfast.Engine.Upkeep;

namespace Holdfast.Engine;

/// <summary>A repository's configuration and the keys that go with it.</summary>
/// <param name="With">The id of the key object that it was opened with.</param>
/// <param name="Secret">What opened that.</param>
internal sealed record OpenedRepository(RepositoryConfig Config, KeyRing Keys, Guid With, RepositorySecret Secret);

/// <summary>Makes and opens repositories: <c>config</c>, <c>keys/</c> and the key file. Spec: docs/format/repository-v1.md, sections 9 and
/// 10.</summary>
internal static class RepositoryOpening
{
    public static async Task<OpenedRepository> MakeAsync(
        IObjectStore store,
        RepositorySecret secret,
        RepositoryOptions options,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        options.ThrowIfInvalid();
        ThrowIfUnfit(secret);
        if (await store.FindSizeAsync(ObjectNames.Config, cancel) is not null)
            throw Exists(store);

        var id = secret is RepositorySecret.KeyFile file ? ReadOrMake(file.Path).Repository : new Guid(RandomNumberGenerator.GetBytes(16));
        var keys = new KeyRing(RandomNumberGenerator.GetBytes(KeyRing.KeySize), id);
        var key = await RepositoryKeys.PutAsync(store, keys, id, secret, "first", clock, cancel);
        var config = RepositoryConfig.Make(id, options, options.PackSize).Signed(keys);
        if (
            !await store.PutIfAbsentAsync(ObjectNames.Config, new ReadOnlySequence<byte>(config.Write()), cancel)
            && !(await ReadConfigAsync(store, cancel)).IsSignedBy(keys)
        )
        {
            await store.DeleteAsync(new ObjectKey(ObjectNames.Keys + key.Id), cancel);
            throw Exists(store);
        }

        return new OpenedRepository(config, keys, Guid.ParseExact(key.Id, "N"), secret);
    }

    public static async Task<OpenedRepository> OpenAsync(IObjectStore store, RepositorySecret secret, CancellationToken cancel)
    {
        var config = await ReadConfigAsync(store, cancel);
        if (secret is RepositorySecret.KeyFile file)
            KeyFile.Read(file.Path).ThrowIfNotOf(config.Id, file.Path);

        ObjectKey? damaged = null;
        var unwrapped = false;
        await foreach (var (id, key) in KeyObjects.ReadAllAsync(store, cancel))
        {
            if (key is null)
            {
                damaged = ObjectNames.OfKey(id);
            }
            else if (key.Repository == config.Repository && key.TryUnwrap(secret) is { } master)
            {
                unwrapped = true;
                var keys = new KeyRing(master, config.Id);
                if (config.IsSignedBy(keys))
                    return new OpenedRepository(config, keys, id, secret);
            }
        }

        if (unwrapped)
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Object 'config' of the repository in '{store.Name}' was changed by somebody without the key. Put back a copy of it."
            );

        throw damaged is { } object_
            ? RepositoryKeys.Damaged(object_)
            : new HoldfastException(
                FailureKind.WrongKey,
                $"{Describe(secret)} does not open the repository in '{store.Name}'. Use another key or passphrase."
            );
    }

    public static async Task<IReadOnlyList<string>> MendAsync(
        IObjectStore store,
        IObjectStore from,
        RepositorySecret secret,
        bool dryRun,
        CancellationToken cancel
    )
    {
        var damage = (await OpeningCheck.RunAsync(store, cancel)).Select(one => one.Key).ToHashSet();
        if (damage.Count == 0)
            return [];

        var other = await OpenAsync(from, secret, cancel);
        if (!damage.Contains(ObjectNames.Config.Value) && (await ReadConfigAsync(store, cancel)).Id != other.Config.Id)
            throw AnotherRepository(store, from);

        if (await FindPackHeaderAsync(store, cancel) is { } pack && pack.Repository != other.Config.Id)
            throw AnotherRepository(store, from);

        // Keys, then config: as when a repository is made.
        var mended = new List<string>();
        await foreach (var entry in from.ListAsync(ObjectNames.Keys, cancel))
        {
            var bytes = await from.ReadWholeAsync(entry.Key, cancel);
            if ((damage.Contains(entry.Key.Value) || damage.Contains(ObjectNames.Keys)) && KeyObject.TryRead(bytes) is not null)
                await PutAsync(entry.Key, bytes);
        }

        if (damage.Contains(ObjectNames.Config.Value))
            await PutAsync(ObjectNames.Config, await from.ReadWholeAsync(ObjectNames.Config, cancel));

        return mended;

        async Task PutAsync(ObjectKey key, byte[] bytes)
        {
            mended.Add(key.Value);
            if (!dryRun)
                await store.ReplaceAsync(key, new ReadOnlySequence<byte>(bytes), cancel);
        }
    }

    /// <summary>The header of some pack, which says in the clear whose it is; null where there is none to be read.</summary>
    private static async Task<PackHeader?> FindPackHeaderAsync(IObjectStore store, CancellationToken cancel)
    {
        foreach (var prefix in new[] { ObjectNames.Map, ObjectNames.Data })
        {
            await foreach (var entry in store.ListAsync(prefix, cancel))
            {
                var head = new byte[PackHeader.Size];
                if (entry.Size < head.Length)
                    continue;

                await store.ReadAsync(entry.Key, 0, head, cancel);
                if (PackHeader.TryRead(head, out var header))
                    return header;
            }
        }

        return null;
    }

    private static HoldfastException AnotherRepository(IObjectStore store, IObjectStore from) =>
        new(
            FailureKind.Refused,
            $"'{from.Name}' holds another repository than '{store.Name}'. Name a copy of this one."
        );

    public static async Task<RepositoryConfig> ReadConfigAsync(IObjectStore store, CancellationToken cancel)
    {
        try
        {
            return RepositoryConfig.Read(await store.ReadWholeAsync(ObjectNames.Config, cancel), store.Name);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no repository in '{store.Name}'. Make one with 'holdfast repo init', or name the right place.",
                e
            );
        }
    }

    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when a new passphrase is too short.</exception>
    public static void ThrowIfUnfit(RepositorySecret secret)
    {
        if (secret is RepositorySecret.Passphrase { Text.Length: < PassphraseFile.Least and var length })
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The new passphrase has {length} characters; it needs {PassphraseFile.Least} at least, and better are several words. "
                    + $"Nothing was changed."
            );
        }
    }

    public static string Describe(RepositorySecret secret) =>
        secret is RepositorySecret.KeyFile file ? $"The key file '{file.Path}'" : "The passphrase";

    /// <summary>A file that an interrupted attempt left behind is as good as a new one.</summary>
    private static KeyFile ReadOrMake(string path) =>
        File.Exists(path) ? KeyFile.Read(path) : KeyFile.Create(path, new Guid(RandomNumberGenerator.GetBytes(16)));

    private static HoldfastException Exists(IObjectStore store) =>
        new(FailureKind.AlreadyExists, $"'{store.Name}' holds a repository already. Open it, or make one elsewhere.");
}
