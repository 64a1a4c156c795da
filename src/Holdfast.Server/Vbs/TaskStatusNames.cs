using Holdfast.Control.Tasks;

namespace Holdfast.Server.Vbs;

/// <summary>How the API spells the six states of a task.</summary>
internal static class TaskStatusNames
{
    public static ReadOnlySpan<byte> Utf8Of(BackupTaskStatus status) =>
        status switch
        {
            BackupTaskStatus.Waiting => "WAITING"u8,
            BackupTaskStatus.Running => "RUNNING"u8,
            BackupTaskStatus.Success => "EXECUTE_SUCCESS"u8,
            BackupTaskStatus.Failed => "EXECUTE_FAIL"u8,
            BackupTaskStatus.TimedOut => "EXECUTE_TIMEOUT"u8,
            BackupTaskStatus.Skipped => "SKIP"u8,
            _ => throw new InvalidOperationException($"{status} has no name."),
        };

    public static BackupTaskStatus? Find(ReadOnlySpan<char> name) =>
        name switch
        {
            "WAITING" => BackupTaskStatus.Waiting,
            "RUNNING" => BackupTaskStatus.Running,
            "EXECUTE_SUCCESS" => BackupTaskStatus.Success,
            "EXECUTE_FAIL" => BackupTaskStatus.Failed,
            "EXECUTE_TIMEOUT" => BackupTaskStatus.TimedOut,
            "SKIP" => BackupTaskStatus.Skipped,
            _ => null,
        };
}
