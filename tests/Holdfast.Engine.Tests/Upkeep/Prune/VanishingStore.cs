using System.Buffers;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

/// <summary>A store that lets a test act between the listing of the index and the reading of its first object.</summary>
internal sealed class VanishingStore(IObjectStore inner) : IObjectStore
{
    private bool _isListed;

    /// <summary>Done once.</summary>
    public Func<Task>? BeforeIndexRead { get; set; }

    public string Name => inner.Name;

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.PutIfAbsentAsync(key, content, cancel);

    public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        inner.ReplaceAsync(key, content, cancel);

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel) =>
        inner.ReadAsync(key, offset, into, cancel);

    public async ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        if (_isListed && BeforeIndexRead is { } act && key.Value.StartsWith("index/", StringComparison.Ordinal))
        {
            BeforeIndexRead = null;
            await act();
        }

        return await inner.FindSizeAsync(key, cancel);
    }

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel)
    {
        _isListed |= prefix == "index/";
        return inner.ListAsync(prefix, cancel);
    }

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => inner.DeleteAsync(key, cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
