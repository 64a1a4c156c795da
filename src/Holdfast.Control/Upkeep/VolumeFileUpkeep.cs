using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Finishes or undoes what a crash left of the making and deleting of volumes. Never removes bytes that somebody may want: a file that no
/// row names and that holds data is only told of, because the catalog may be an older copy. How old a thing is its name says; what is
/// young, another server may be busy with. Files that were set aside by their names are of versions that wrote nothing down.
/// </summary>
public sealed class VolumeFileUpkeep(
    CatalogDatabase database,
    VolumeFileRemovals removals,
    IOptions<VolumeOptions> options,
    TimeProvider clock,
    ILogger<VolumeFileUpkeep> log
) : LoopService(clock, log)
{
    /// <summary>Far longer than making or deleting takes, and than the clocks of two servers on one folder differ.</summary>
    public static readonly TimeSpan LeftAlone = TimeSpan.FromDays(1);

    private const string HasSql = "SELECT 1 FROM volume WHERE id = @id";

    protected override TimeSpan Interval => TimeSpan.FromHours(6);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        await removals.FinishAllAsync(cancel);
        var folder = Path.GetFullPath(options.Value.Folder);
        foreach (var path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder).ToList() : [])
        {
            if (VolumeFileName.Parse(path) is { } name && now - (name.SetAsideAt ?? name.Volume.MadeAt ?? now) > LeftAlone)
            {
                Settle(
                    path,
                    name,
                    isThere: await database.ReadFirstAsync<long?>(HasSql, new { id = name.Volume.ToString() }, cancel) is not null
                );
            }
        }

        return false;
    }

    /// <param name="isThere">Whether a row names the volume.</param>
    private void Settle(string path, VolumeFileName name, bool isThere)
    {
        try
        {
            switch (name.SetAsideAt is not null, isThere)
            {
                case (true, true) when !File.Exists(name.Path):
                    VolumeFile.TryRename(path, name.Path);
                    UpkeepLog.VolumeFileBack(log, name.Path);
                    break;
                case (true, false):
                case (false, false) when VolumeFile.IsEmpty(path):
                    VolumeFile.Delete(path);
                    UpkeepLog.VolumeFileRemoved(log, path);
                    break;
                case (false, false):
                    UpkeepLog.VolumeFileUnknown(log, path);
                    break;
            }
        }
        catch (HoldfastException e)
        {
            UpkeepLog.VolumeFileStays(log, e, path);
        }
    }
}
