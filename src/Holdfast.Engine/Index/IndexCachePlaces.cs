using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging;

namespace Holdfast.Engine.Index;

/// <summary>
/// Where the index cache may lie: the folder that was given, a temporary one, memory. The cache is disposable, so a place that cannot be
/// used is passed over with a note and never a reason to fail.
/// </summary>
internal sealed class IndexCachePlaces(string? root, ILogger log) : IDisposable
{
    private Place _place = root is null ? Place.Temporary : Place.Given;
    private IndexCacheFolder? _folder;

    private enum Place
    {
        Given,
        Temporary,
        Memory,
    }

    /// <summary>Opens the cache that is there, or an empty one.</summary>
    public IndexCache Open() => Try(folder => folder.OpenCache());

    /// <summary>Opens an empty cache beside any that is still being read.</summary>
    public IndexCache Make() => Try(folder => folder.MakeCache());

    /// <summary>Goes on to the next place. Memory is the last.</summary>
    public void Leave(Exception reason)
    {
        var left = _folder?.Path ?? root ?? System.IO.Path.GetTempPath();
        _folder?.Dispose();
        _folder = null;
        if (_place == Place.Memory)
            throw new HoldfastException(FailureKind.Unavailable, $"There is no place for the index cache: {reason.Message}", reason);

        _place++;
        EngineLog.CacheElsewhere(log, left, reason.Message, _place == Place.Memory ? "in memory" : "in a temporary folder");
    }

    public void Dispose() => _folder?.Dispose();

    private IndexCache Try(Func<IndexCacheFolder, IndexCache> open)
    {
        while (_place != Place.Memory)
        {
            try
            {
                _folder ??= _place == Place.Given && root is not null ? IndexCacheFolder.Open(root) : IndexCacheFolder.OpenTemporary();
                return open(_folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or RocksException)
            {
                Leave(e);
            }
        }

        return new IndexCache("/index", inMemory: true);
    }
}
