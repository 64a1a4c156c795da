using Holdfast.Control.Jobs;
using Holdfast.Control.Sessions;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;

namespace Holdfast.Control.Work;

/// <summary>What the log of a job that makes a backup says: enough for somebody who asks why it read all, or so little.</summary>
internal static class BackupTelling
{
    public static void Volume(Volumes.Volume? volume, SourceDevice? source, JobLogWriter lines)
    {
        if (volume is null || source?.Size is not { } size)
        {
            return; // the outcome says why
        }

        lines.Info($"Volume '{volume.Name}' is open: {InWords.Bytes(size)}.", ("volume_bytes", size));
        if (size != volume.SizeBytes)
        {
            lines.Warning($"The volume's size has changed: it was {InWords.Bytes(volume.SizeBytes)} when it was last seen.");
        }
    }

    /// <summary>Why all of it is read, or not.</summary>
    public static void Parent(BackupId? compared, HeldMap? found, bool full, JobLogWriter lines)
    {
        if (full)
        {
            lines.Info("It is a full backup: it is compared with no earlier one, and what the repository has of it is read again.");
        }
        else if (compared is { } parent)
        {
            lines.Info($"It is compared with backup {parent}: what is equal is not stored again.", ("parent", parent.ToString()));
        }
        else if (found is { } gone)
        {
            lines.Warning($"Backup {gone.Backup}, with which it was to be compared, was deleted meanwhile: all that holds data is read.");
        }
        else
        {
            lines.Info("There is no earlier backup to compare it with: all that holds data is read.");
        }
    }

    public static void Unusable(BackupId parent, HoldfastException error, JobLogWriter lines) =>
        lines.Warning(
            error.Kind == FailureKind.Corrupted
                ? $"Backup {parent} is damaged in the repository: this one is not compared with it."
                : $"The repository lacks something of backup {parent}: this one is not compared with it.",
            ("backup", parent.ToString())
        );

    public static void Made(Manifest made, JobLogWriter lines)
    {
        var (did, took) = (made.Figures, made.FinishedAt - made.StartedAt);
        if (made.ChangesFound == ChangesFound.Stamp)
        {
            lines.Info("The device says that nothing has changed since the backup it is compared with: nothing was read.");
        }

        lines.Info(
            $"Read {InWords.Bytes(did.BytesRead)} of {InWords.Bytes(made.VolumeSize)}, {InWords.Bytes(did.BytesNew)} of it new, stored "
                + $"{InWords.Bytes(did.BytesStored)}, in {InWords.Of(took)}. {did.ChunksChanged} of {did.ChunksTotal} chunks had changed.",
            ("bytes_read", did.BytesRead),
            ("bytes_new", did.BytesNew),
            ("bytes_stored", did.BytesStored),
            ("chunks_changed", did.ChunksChanged),
            ("chunks_total", did.ChunksTotal),
            ("chunks_zero", did.ChunksZero),
            ("consistency", made.Consistency)
        );
        lines.Info(
            made.Consistency == Consistency.AtRest
                ? "Nothing was written to the volume meanwhile: the backup is at rest."
                : "The volume was written to meanwhile, or whether it was cannot be told: the backup is live, as after a power cut."
        );
    }
}
