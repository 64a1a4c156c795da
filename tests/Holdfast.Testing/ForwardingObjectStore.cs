using System.Buffers;
using Holdfast.Engine.Objects;

namespace Holdfast.Testing;

/// <summary>Does what the inner store does; for tests that change one thing of it. Does not own the inner store.</summary>
public abstract class ForwardingObjectStore(IObjectStore inner) : IObjectStore
{
    public string Name => inner.Name;

    public virtual ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.PutIfAbsentAsync(key, content, cancel);

    public virtual ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.ReplaceAsync(key, content, cancel);

    public virtual ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel) =>
        inner.ReadAsync(key, offset, into, cancel);

    public virtual ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) => inner.FindSizeAsync(key, cancel);

    public virtual IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel) => inner.ListAsync(prefix, cancel);

    public virtual ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => inner.DeleteAsync(key, cancel);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
