using Holdfast.Control.Backups;
using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Notifications;
using Holdfast.Control.Tasks;

namespace Holdfast.Control.Tests.Tasks;

/// <summary>Numbers that catalogs hold. A line may grow; what it says may not change.</summary>
public sealed class FrozenNumbersTests
{
    [Fact]
    public void Stored_states_keep_their_numbers()
    {
        Assert.Equal("Waiting=1 Running=2 Success=3 Failed=4 TimedOut=5 Skipped=6", Frozen<BackupTaskStatus>());
        Assert.Equal("Scheduled=1 Manual=2", Frozen<TaskOrigin>());
        Assert.Equal("CreateBackup=1 DeleteBackup=2 RestoreBackup=3 Prune=4 Check=5 Drill=6 Export=7 Copy=8", Frozen<JobKind>());
        Assert.Equal("Queued=1 Running=2 Succeeded=3 Failed=4", Frozen<JobState>());
        Assert.Equal("Creating=1 Available=2 Removed=3 Deleting=4 Error=5 ErrorDeleting=7 Restoring=8", Frozen<BackupStatus>());
        Assert.Equal("Backup=1 Restore=2 Check=3 Drill=4 Presence=5", Frozen<VerdictBy>());
        Assert.Equal("Ordered=1 Running=2 Proven=3 Damaged=4 Rejected=5 Failed=6", Frozen<DrillState>());
        Assert.Equal("Newest=1 Older=2", Frozen<DrillChoice>());
        Assert.Equal("Info=1 Warning=2 Error=3", Frozen<NotifySeverity>());
        Assert.Equal(
            "VolumeFailed=1 VolumeRecovered=2 VolumeOverdue=3 VolumeUnprotected=4 VolumeDamaged=5 DrillFailed=6 DamageFound=7 "
                + "RepositoryNearlyFull=8 ServiceIll=9 ServiceRecovered=10 Digest=11 Test=12 UpkeepFailed=13",
            Frozen<NotifyEvent>()
        );
    }

    [Fact]
    public void A_task_moves_only_as_the_contract_draws_it() =>
        Assert.Equal(
            "Waiting>Running Waiting>Failed Waiting>TimedOut Waiting>Skipped Running>Success Running>Failed Running>TimedOut",
            Moves<BackupTaskStatus>(BackupTaskStatuses.CanMoveTo)
        );

    [Fact]
    public void A_backup_moves_only_as_drawn() =>
        Assert.Equal(
            "Creating>Available Creating>Error Available>Deleting Available>Error Removed>Available Removed>Deleting "
                + "Deleting>Removed Deleting>ErrorDeleting Error>Available Error>Deleting ErrorDeleting>Available "
                + "ErrorDeleting>Deleting ErrorDeleting>Error",
            Moves<BackupStatus>(BackupStatuses.CanMoveTo)
        );

    [Fact]
    public void A_task_that_ended_never_moves() =>
        Assert.All(
            BackupTaskStatuses.All.Where(s => s.IsEnd()),
            from => Assert.DoesNotContain(BackupTaskStatuses.All, to => from.CanMoveTo(to))
        );

    private static string Frozen<T>()
        where T : struct, Enum => string.Join(' ', Enum.GetValues<T>().Select(v => $"{v}={Convert.ToInt32(v)}"));

    private static string Moves<T>(Func<T, T, bool> can)
        where T : struct, Enum =>
        string.Join(' ', from a in Enum.GetValues<T>() from b in Enum.GetValues<T>() where can(a, b) select $"{a}>{b}");
}
