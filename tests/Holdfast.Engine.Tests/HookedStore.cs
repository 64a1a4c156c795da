using System.Buffers;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Tests;

/// <summary>A store in which something happens at the moment of a read.</summary>
internal sealed class HookedStore(IObjectStore inner) : IObjectStore
{
    public Action<ObjectKey, long, int>? BeforeRead { get; set; }

    public string Name => inner.Name;

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.PutIfAbsentAsync(key, content, cancel);

    public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.ReplaceAsync(key, content, cancel);

    public async ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        BeforeRead?.Invoke(key, offset, into.Length);
        await inner.ReadAsync(key, offset, into, cancel);
    }

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) => inner.FindSizeAsync(key, cancel);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel) => inner.ListAsync(prefix, cancel);

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => inner.DeleteAsync(key, cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
