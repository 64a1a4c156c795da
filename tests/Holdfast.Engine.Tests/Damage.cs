using System.Buffers;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Tests;

/// <summary>What bad media and bad people do to objects.</summary>
internal static class Damage
{
    public static async Task<byte[]> ReadAsync(IObjectStore store, ObjectKey key) =>
        await store.ReadWholeAsync(key, CancellationToken.None);

    public static async Task PutAsync(IObjectStore store, ObjectKey key, byte[] content) =>
        await store.ReplaceAsync(key, new ReadOnlySequence<byte>(content), CancellationToken.None);

    public static async Task FlipAsync(IObjectStore store, ObjectKey key, int at, int bit = 0)
    {
        var bytes = await ReadAsync(store, key);
        bytes[at] ^= (byte)(1 << bit);
        await PutAsync(store, key, bytes);
    }

    public static async Task CutAsync(IObjectStore store, ObjectKey key, int length) =>
        await PutAsync(store, key, (await ReadAsync(store, key))[..length]);
}
