using System.Buffers;
using Holdfast.Engine.Objects;

namespace Holdfast.Control.Tests.Drills;

/// <summary>Calls back before each read of an object, with its key; what that throws is what the reader gets.</summary>
internal sealed class WatchedStore(IObjectStore inner) : IObjectStore
{
    public Action<string>? Reading { get; set; }

    public string Name => inner.Name;

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.PutIfAbsentAsync(key, content, cancel);

    public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.ReplaceAsync(key, content, cancel);

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => inner.DeleteAsync(key, cancel);

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        Reading?.Invoke(key.Value);
        return inner.ReadAsync(key, offset, into, cancel);
    }

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        Reading?.Invoke(key.Value);
        return inner.FindSizeAsync(key, cancel);
    }

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel) => inner.ListAsync(prefix, cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
