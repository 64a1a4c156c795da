using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;

namespace Holdfast.Engine.Restore;

/// <summary>A whole restore whose bytes are dropped once they were verified: what is proven is the very code that a restore runs.</summary>
internal static class RestoreToNowhere
{
    public static async Task<VerifyFigures> RunAsync(
        RepositoryContext repository,
        Manifest manifest,
        Func<CancellationToken, Task> throwIfGone,
        IProgress<RestoreProgress>? progress,
        CancellationToken cancel
    )
    {
        var began = repository.Clock.GetTimestamp();
        await using var nowhere = new NowhereDevice(manifest.VolumeSize);
        var figures = await new RestoreRun(repository, manifest, nowhere, new RestoreOptions(), throwIfGone, progress).RunAsync(cancel);

        // A restore that passed a part over would have verified nothing of it. It comes by a part twice where prune moved what it read.
        if (nowhere.BytesSeen < manifest.VolumeSize)
            throw new InvalidOperationException(
                $"The restore of backup {manifest.Id} came by {nowhere.BytesSeen} bytes of {manifest.VolumeSize}."
            );

        return VerifyFigures.Of(manifest, figures, repository.Clock.GetElapsedTime(began));
    }

    /// <summary>Takes what a restore writes, counts it and keeps nothing.</summary>
    private sealed class NowhereDevice(long size) : IBlockDevice
    {
        private long _seen;

        public string Name => "nowhere";

        public long Size => size;

        /// <summary>Bytes that were written, zeros included.</summary>
        public long BytesSeen => Interlocked.Read(ref _seen);

        public ValueTask ReadAsync(long offset, Memory<byte> into, CancellationToken cancel) =>
            throw new InvalidOperationException("Nowhere keeps nothing that could be read.");

        public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> from, CancellationToken cancel) => Count(offset, from.Length);

        public ValueTask WriteZerosAsync(long offset, long length, CancellationToken cancel) => Count(offset, length);

        public ValueTask FlushAsync(CancellationToken cancel) => ValueTask.CompletedTask;

        public IEnumerable<Extent> Extents() => [new Extent(0, size, ExtentKind.Zero)];

        public string? ContentStamp() => null;

        public void ThrowIfReplaced() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private ValueTask Count(long offset, long length)
        {
            if (offset < 0 || length > size - offset)
                throw new InvalidOperationException($"A restore wrote at byte {offset} what does not fit into {size} bytes.");

            Interlocked.Add(ref _seen, length);
            return ValueTask.CompletedTask;
        }
    }
}
