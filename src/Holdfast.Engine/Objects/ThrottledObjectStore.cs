using System.Buffers;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>A store whose objects are put and read no faster than limits say. What is listed, asked for and deleted is not counted. Does
/// not own the inner store.</summary>
internal sealed class ThrottledObjectStore(IObjectStore inner, RepositoryLimits limits) : IObjectStore, IPlacedStore, ILockableStore
{
    public string Name => inner.Name;

    public async ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        await limits.StoreWrite.WaitAsync(StoreRequestScope.Job, content.Length, cancel);
        return await inner.PutIfAbsentAsync(key, content, cancel);
    }

    public async ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        await limits.StoreWrite.WaitAsync(StoreRequestScope.Job, content.Length, cancel);
        await inner.ReplaceAsync(key, content, cancel);
    }

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        var turn = limits.StoreRead.WaitAsync(StoreRequestScope.Job, into.Length, cancel);
        return turn.IsCompletedSuccessfully ? inner.ReadAsync(key, offset, into, cancel) : ReadAfterAsync(turn, key, offset, into, cancel);
    }

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) => inner.FindSizeAsync(key, cancel);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel) => inner.ListAsync(prefix, cancel);

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => inner.DeleteAsync(key, cancel);

    public void Recognize(ObjectKey key, Func<byte[], bool> isOurs) => (inner as IPlacedStore)?.Recognize(key, isOurs);

    public StoreSpace? FindSpace() => (inner as IPlacedStore)?.FindSpace();

    public HoldfastException? FindWriteTrouble() => (inner as IPlacedStore)?.FindWriteTrouble();

    public ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel) =>
        inner is ILockableStore lockable
            ? lockable.LockAsync(exclusive, cancel)
            : throw new HoldfastException(FailureKind.Refused, $"'{Name}' cannot keep writers apart.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask ReadAfterAsync(ValueTask turn, ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        await turn;
        await inner.ReadAsync(key, offset, into, cancel);
    }
}
