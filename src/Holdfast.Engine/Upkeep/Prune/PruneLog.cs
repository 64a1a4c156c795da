using Microsoft.Extensions.Logging;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>What prune tells a log. Event ids 214x; never renumbered.</summary>
internal static partial class PruneLog
{
    [LoggerMessage(
        2140,
        LogLevel.Information,
        "Prune {Run}: {Packs} packs, {Dead} dead, {Rewritten} to be rewritten, {Loose} loose objects, {Waiting} objects on their way out"
    )]
    public static partial void Planned(ILogger log, string run, long packs, int dead, int rewritten, int loose, int waiting);

    [LoggerMessage(2141, LogLevel.Information, "Prune {Run}: {Packs} packs deleted, {Bytes} bytes freed, {Rewritten} packs rewritten")]
    public static partial void Done(ILogger log, string run, long packs, long bytes, long rewritten);

    [LoggerMessage(
        2142,
        LogLevel.Warning,
        "Prune: {Missing} items that are needed are in no pack that is there. Objects that no index names are left alone; run 'holdfast "
            + "repo check', then 'holdfast repo repair'"
    )]
    public static partial void Missing(ILogger log, long missing);

    [LoggerMessage(2144, LogLevel.Warning, "Prune {Run}: packs were not rewritten, or not all of them. {Reason}")]
    public static partial void ShortOfRoom(ILogger log, string run, string reason);

    [LoggerMessage(
        2143,
        LogLevel.Warning,
        "Prune: pack {Pack} holds a frame that does not open and is left alone; run 'holdfast repo check'"
    )]
    public static partial void PackDamaged(ILogger log, string pack);
}
