using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Volumes;

/// <summary>The files of deleted volumes that are still to go: written down first, removed after, forgotten last.</summary>
public sealed class VolumeFileRemovals(CatalogDatabase database, ILogger<VolumeFileRemovals> log)
{
    private const string OrderSql = "INSERT INTO volume_file_removal (path, ordered_at) VALUES (@path, @now)";
    private const string OpenSql = "SELECT path FROM volume_file_removal ORDER BY ordered_at, path";
    private const string ForgetSql = "DELETE FROM volume_file_removal WHERE path = @path";

    /// <summary>Writes down that a file is to go, in the transaction in which its volume's row goes.</summary>
    internal static Task OrderAsync(CatalogTransaction tx, string path, DateTimeOffset now, CancellationToken cancel) =>
        tx.ExecuteAsync(OrderSql, new { path, now = now.ToUnixTimeMilliseconds() }, cancel);

    /// <summary>Removes what is written down.</summary>
    public async Task FinishAllAsync(CancellationToken cancel)
    {
        foreach (var path in await database.ReadAllAsync<string>(OpenSql, null, cancel))
        {
            await FinishAsync(path, cancel);
        }
    }

    /// <summary>Removes a file and forgets it. One that cannot be removed, or does not answer, stays written down, and is told
    /// of.</summary>
    internal async Task FinishAsync(string path, CancellationToken cancel)
    {
        try
        {
            await FileSystemCalls.Asking.AskAsync(
                path,
                () =>
                {
                    VolumeFile.Delete(path);
                    return Task.FromResult(true);
                },
                abandon: null,
                cancel
            );
        }
        catch (HoldfastException e)
        {
            UpkeepLog.VolumeFileStays(log, e, path);
            return;
        }

        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(ForgetSql, new { path }, cancel);
        await tx.CommitAsync(cancel);
    }
}
