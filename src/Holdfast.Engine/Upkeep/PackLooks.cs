using System.Collections.Concurrent;
using Holdfast.Engine.Index;

namespace Holdfast.Engine.Upkeep;

/// <summary>Looks at many packs side by side. What looks has its buffers, which are used again.</summary>
internal sealed class PackLooks(RepositoryContext repository, ObjectReading reading) : IDisposable
{
    private readonly ConcurrentBag<PackLook> _free = [];
    private readonly ConcurrentBag<PackLook> _made = [];

    /// <summary>Plain bytes whose hashes were compared.</summary>
    public long BytesVerified => _made.Sum(look => look.BytesVerified);

    /// <summary>Does something for each of so many packs, given its number, on all cores.</summary>
    public Task ForEachAsync(int count, Func<int, PackLook, CancellationToken, Task> work, CancellationToken cancel) =>
        Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = 2 * Environment.ProcessorCount, CancellationToken = cancel },
            async (i, stop) =>
            {
                if (!_free.TryTake(out var look))
                    _made.Add(look = new PackLook(repository, reading));

                try
                {
                    await work(i, look, stop);
                }
                finally
                {
                    _free.Add(look);
                }
            }
        );

    public void Dispose()
    {
        foreach (var look in _made)
            look.Dispose();
    }
}
