using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>What a repository holds. Sizes in bytes as stored.</summary>
public sealed record RepositoryStats(int Backups, int DataPacks, int MapPacks, long DataBytes, long MapBytes, long IndexBytes, long ManifestBytes)
{
    public long TotalBytes => DataBytes + MapBytes + IndexBytes + ManifestBytes;

    internal static async Task<RepositoryStats> CountAsync(IObjectStore store, CancellationToken cancel)
    {
        var (dataPacks, dataBytes) = await CountAsync(store, ObjectNames.Data, cancel);
        var (mapPacks, mapBytes) = await CountAsync(store, ObjectNames.Map, cancel);
        var (_, indexBytes) = await CountAsync(store, ObjectNames.Index, cancel);
        var (backups, manifestBytes) = await CountAsync(store, ObjectNames.Manifests, cancel);
        return new RepositoryStats(backups, dataPacks, mapPacks, dataBytes, mapBytes, indexBytes, manifestBytes);
    }

    private static async Task<(int Count, long Bytes)> CountAsync(IObjectStore store, string prefix, CancellationToken cancel)
    {
        var (count, bytes) = (0, 0L);
        await foreach (var entry in store.ListAsync(prefix, cancel))
        {
            count++;
            bytes += entry.Size;
        }

        return (count, bytes);
    }
}
