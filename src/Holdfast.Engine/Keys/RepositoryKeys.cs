using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Keys;

/// <summary>A key of a repository as a listing shows it. <paramref name="Kind"/> is <c>key-file</c> or <c>passphrase</c>.</summary>
public sealed record RepositoryKeyInfo(Guid Id, string Kind, string Label, DateTimeOffset CreatedAt);

/// <summary>The objects <c>keys/…</c>: each wraps the one master key under one secret, so that secrets come and go without touching data.</summary>
internal static class RepositoryKeys
{
    public static async Task<Guid> AddAsync(IObjectStore store, ReadOnlyMemory<byte> master, Guid repository, RepositorySecret secret, string label, DateTimeOffset now, CancellationToken cancel)
    {
        var id = new Guid(RandomNumberGenerator.GetBytes(16));
        var key = KeyObject.Wrap(master.Span, repository, secret, label, now);
        await store.PutIfAbsentAsync(ObjectNames.OfKey(id), new ReadOnlySequence<byte>(JsonSerializer.SerializeToUtf8Bytes(key, EngineJson.Default.KeyObject)), cancel);
        return id;
    }

    public static async Task<byte[]> UnwrapAsync(IObjectStore store, Guid repository, RepositorySecret secret, CancellationToken cancel)
    {
        if (secret is RepositorySecret.KeyFile file && KeyFile.Read(file.Path).Repository is var of && of != repository)
        {
            throw new HoldfastException(FailureKind.WrongKey, $"The key file '{file.Path}' belongs to repository {of:N}; the one in '{store.Name}' is {repository:N}. Use its own key.");
        }

        await foreach (var (_, key) in ReadAllAsync(store, cancel))
        {
            if (key.TryUnwrap(secret) is { } master)
            {
                return master;
            }
        }

        var what = secret is RepositorySecret.KeyFile named ? $"The key file '{named.Path}'" : "The passphrase";
        throw new HoldfastException(FailureKind.WrongKey, $"{what} does not open the repository in '{store.Name}'. It may have been removed from the repository; use another key.");
    }

    public static async IAsyncEnumerable<(Guid Id, KeyObject Key)> ReadAllAsync(IObjectStore store, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in store.ListAsync(ObjectNames.Keys, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is { } id && await TryReadAsync(store, entry.Key, cancel) is { } key)
            {
                yield return (id, key);
            }
        }
    }

    /// <summary>A damaged key object is passed over: another may open the repository.</summary>
    private static async Task<KeyObject?> TryReadAsync(IObjectStore store, ObjectKey key, CancellationToken cancel)
    {
        try
        {
            return JsonSerializer.Deserialize(await store.ReadWholeAsync(key, cancel), EngineJson.Default.KeyObject);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
