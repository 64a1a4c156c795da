using Holdfast.Control.Audit;
using Holdfast.Control.Backups;
using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Notifications;
using Holdfast.Control.Protection;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;

namespace Holdfast.Server.Console.Words;

/// <summary>A state as it is shown: a word, and how good it is. The colour is never the only sign.</summary>
/// <param name="Mood"><c>good</c>, <c>warn</c>, <c>bad</c>, <c>busy</c> or <c>idle</c>.</param>
public sealed record ShownState(string Word, string Mood)
{
    public string Sign =>
        Mood switch
        {
            "good" => "✓",
            "warn" => "!",
            "bad" => "✕",
            "busy" => "↻",
            _ => "–",
        };
}

/// <summary>The states of things, each in one word on every page.</summary>
public static class States
{
    public static ShownState Of(ProtectionState state) =>
        state switch
        {
            ProtectionState.Protected => new("protected", "good"),
            ProtectionState.Waiting => new("waiting", "busy"),
            ProtectionState.Unprotected => new("unprotected", "warn"),
            ProtectionState.Overdue => new("overdue", "bad"),
            ProtectionState.Failed => new("failed", "bad"),
            _ => new("damaged", "bad"),
        };

    public static ShownState Of(BackupTaskStatus status) =>
        status switch
        {
            BackupTaskStatus.Waiting => new("waiting", "busy"),
            BackupTaskStatus.Running => new("running", "busy"),
            BackupTaskStatus.Success => new("success", "good"),
            BackupTaskStatus.Failed => new("failed", "bad"),
            BackupTaskStatus.TimedOut => new("timed out", "bad"),
            _ => new("skipped", "warn"),
        };

    public static ShownState Of(JobState state) =>
        state switch
        {
            JobState.Queued => new("waiting", "busy"),
            JobState.Running => new("running", "busy"),
            JobState.Succeeded => new("success", "good"),
            _ => new("failed", "bad"),
        };

    public static ShownState Of(BackupStatus status) =>
        status switch
        {
            BackupStatus.Creating => new("creating", "busy"),
            BackupStatus.Available => new("available", "good"),
            BackupStatus.Restoring => new("restoring", "busy"),
            BackupStatus.Deleting => new("deleting", "busy"),
            BackupStatus.Error => new("error", "bad"),
            BackupStatus.ErrorDeleting => new("error deleting", "bad"),
            _ => new("deleted", "idle"),
        };

    public static ShownState Of(VolumeStatus status) =>
        status switch
        {
            VolumeStatus.Available => new("available", "idle"),
            VolumeStatus.BackingUp => new("backing up", "busy"),
            VolumeStatus.Restoring => new("restoring", "busy"),
            _ => new("error", "bad"),
        };

    public static ShownState Of(DrillState state) =>
        state switch
        {
            DrillState.Ordered => new("waiting", "busy"),
            DrillState.Running => new("running", "busy"),
            DrillState.Proven => new("proven", "good"),
            DrillState.Damaged => new("damaged", "bad"),
            DrillState.Rejected => new("rejected", "bad"),
            _ => new("failed", "bad"),
        };

    public static ShownState Of(NotifyDelivery delivery) =>
        delivery.State switch
        {
            NotifyState.Waiting => new(delivery.Attempts == 0 ? "waiting" : "not yet through", delivery.Attempts == 0 ? "busy" : "warn"),
            NotifyState.Delivered => new("delivered", "good"),
            _ => new("given up", "bad"),
        };

    /// <summary>What came of something in the audit log. Without an end nobody knows.</summary>
    public static ShownState Of(AuditEvent told) =>
        told.Kind == AuditKind.Begun ? new("begun, end not known", "warn")
        : told.Status is >= 400 ? new($"refused, {told.Status}", "bad")
        : new("done", "good");

    /// <summary>What is known of a backup's stored bytes.</summary>
    public static ShownState Of(BackupVerdict? verdict) =>
        verdict switch
        {
            null => new("never verified", "idle"),
            { IsOk: true } => new("verified", "good"),
            _ => new("damaged", "bad"),
        };

    public static string Kind(JobKind kind) =>
        kind switch
        {
            JobKind.CreateBackup => "backup",
            JobKind.DeleteBackup => "deletion",
            JobKind.RestoreBackup => "restore",
            _ => kind.ToString().ToLowerInvariant(),
        };
}
