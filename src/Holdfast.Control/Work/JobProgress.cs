using Holdfast.Control.Jobs;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Upkeep;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Control.Work;

/// <summary>
/// Tells a job's log how far the job is, at a modest pace: at each tenth, but not sooner than after <see cref="Least"/>, and else after
/// <see cref="Most"/>, or a hundredth of what it has taken so far where that is longer. So a job of a day writes some hundred lines, and a
/// short one none.
/// </summary>
internal sealed class JobProgress(JobLogWriter lines, TimeProvider clock)
    : IProgress<BackupProgress>,
        IProgress<RestoreProgress>,
        IProgress<CheckProgress>,
        IProgress<CopyProgress>,
        IProgress<PruneProgress>
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly long _began = clock.GetTimestamp();
    private TimeSpan _toldAt;
    private long _told;
    private long _bytesTold;

    public void Report(BackupProgress value) => Report(value.BytesDone, value.BytesTotal, ("bytes_stored", value.BytesStored));

    public void Report(RestoreProgress value) => Report(value.BytesDone, value.BytesTotal);

    public void Report(CheckProgress value) => Report(value.BytesDone, value.BytesTotal);

    public void Report(CopyProgress value) => Report(value.BytesDone, value.BytesTotal);

    public void Report(PruneProgress value) => Report(value.BytesDone, value.BytesTotal);

    private void Report(long done, long total, params (string Name, object Value)[] more)
    {
        lines.Reach(done, total);
        lock (_gate)
        {
            var took = clock.GetElapsedTime(_began);
            var since = took - _toldAt;
            var tenths = total > 0 ? (long)(done * 10.0 / total) : 0;
            if (since < Least || (tenths <= _told && since < Most) || (tenths <= _told && since < took / 100))
            {
                return;
            }

            var rate = (long)(Math.Max(0, done - _bytesTold) / since.TotalSeconds);
            var share = total > 0 ? $"{Math.Min(100, (long)(done * 100.0 / total))} %: " : "";
            lines.Info(
                $"{share}{InWords.Bytes(done)} of {InWords.Bytes(total)}, {InWords.Bytes(rate)}/s.",
                [("bytes_done", done), ("bytes_total", total), .. more]
            );
            (_told, _toldAt, _bytesTold) = (tenths, took, done);
        }
    }
}
