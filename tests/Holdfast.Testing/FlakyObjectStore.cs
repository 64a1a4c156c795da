using System.Buffers;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Testing;

/// <summary>A store of which some calls fail as <see cref="FailureKind.Unavailable"/>, half of them before and half of them after their
/// effect. Which ones is decided by a seed. Does not own the inner store.</summary>
/// <param name="share">Of 1000 calls so many fail.</param>
public sealed class FlakyObjectStore(IObjectStore inner, int share, int seed) : IObjectStore
{
    /// <summary>Entries of a listing that one call brings.</summary>
    private const int PageSize = 200;

    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    public string Name => inner.Name;

    /// <summary>Calls that failed.</summary>
    public int Failures { get; private set; }

    public async ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var fails = FailsAfter();
        var put = await inner.PutIfAbsentAsync(key, content, cancel);
        return fails ? throw Failure() : put;
    }

    public async ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var fails = FailsAfter();
        await inner.ReplaceAsync(key, content, cancel);
        if (fails)
            throw Failure();
    }

    public async ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel)
    {
        var fails = FailsAfter();
        await inner.DeleteAsync(key, cancel);
        if (fails)
            throw Failure();
    }

    public async ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        var fails = FailsAfter();
        await inner.ReadAsync(key, offset, into, cancel);
        if (fails)
            throw Failure();
    }

    public async ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        var fails = FailsAfter();
        var size = await inner.FindSizeAsync(key, cancel);
        return fails ? throw Failure() : size;
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        var entries = 0;
        await foreach (var entry in inner.ListAsync(prefix, cancel))
        {
            if (entries++ % PageSize == 0 && FailsAfter())
                throw Failure();

            yield return entry;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Throws where a call is to fail before its effect; true where it is to fail after it.</summary>
    private bool FailsAfter()
    {
        lock (_lock)
        {
            if (_random.Next(1000) >= share)
                return false;

            Failures++;
            return _random.Next(2) == 0 ? throw Failure() : true;
        }
    }

    private HoldfastException Failure() => new(FailureKind.Unavailable, $"{Name} failed, as the test wants.");
}
