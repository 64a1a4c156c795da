using System.Data.Common;
using Holdfast.Control.Jobs;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Work;

/// <summary>
/// What is told of a failure to whoever may see the backup. It is made from the kind of failure and never from its message, which may name
/// hosts, processes and paths of the service's own: that is in the log, under the job's id.
/// </summary>
internal static class FailureTexts
{
    /// <param name="volume">What the job's volume is called, or null where it has none.</param>
    public static string Of(Exception error, Job job, string? volume)
    {
        var subject = volume is not null ? $"Volume '{volume}'" : job.Kind == JobKind.RestoreBackup ? "The target" : "The volume";
        var text = error switch
        {
            HoldfastException known => Of(known.Kind, job.Kind, subject),
            DbException => "The catalog did not answer as it should.",
            TimeoutException => $"The repository or {Lower(subject)} did not answer in time.",
            _ => "The service failed.",
        };
        return $"{text} The service's log says more under job {job.Id}.";
    }

    private static string Of(FailureKind kind, JobKind job, string subject) =>
        (kind, job) switch
        {
            (FailureKind.NotFound, JobKind.CreateBackup) => $"{subject} is not there. Attach its disk, or mount what its file is on.",
            (FailureKind.NotFound, JobKind.RestoreBackup) =>
                $"{subject} is not there, or the repository does not hold the backup any more.",
            (FailureKind.NotFound, _) => "The repository does not hold what is to be deleted.",
            (FailureKind.DeviceUnreadable, _) => $"{subject} cannot be read.",
            (FailureKind.DeviceChanged, _) =>
                $"{subject} is not what it was: it is empty, shrank, was replaced, or vanished. Put its disk back.",
            (FailureKind.Corrupted, _) => "The repository holds damaged data. Check it, and make a new backup.",
            (FailureKind.WrongKey, _) => "The repository cannot be opened: its key does not fit.",
            (FailureKind.UnsupportedVersion, _) => "The repository was written by a newer version of Holdfast.",
            (FailureKind.Busy, _) => $"{subject} or the repository is in use by another program.",
            (FailureKind.RepositoryAway, _) => "The repository is away. Is its disk mounted?",
            (FailureKind.Unavailable, _) => $"The repository, the catalog or {Lower(subject)} did not answer.",
            (FailureKind.NoSpace, JobKind.RestoreBackup) => $"{subject} has no space left.",
            (FailureKind.NoSpace, _) => "The repository has no space left. Delete backups that are not needed, or have it given more.",
            (FailureKind.WriteFailed, JobKind.RestoreBackup) => $"{subject} cannot be written.",
            (FailureKind.WriteFailed, _) => "The repository cannot be written.",
            (FailureKind.Refused, JobKind.CreateBackup) =>
                $"{subject} is nothing that can be backed up, or the repository belongs to another catalog now.",
            (FailureKind.Refused, JobKind.RestoreBackup) => $"{subject} is nothing that the backup can be restored into.",
            _ => "The repository refused it.",
        };

    private static string Lower(string subject) => char.ToLowerInvariant(subject[0]) + subject[1..];
}
