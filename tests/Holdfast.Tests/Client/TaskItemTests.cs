using System.Text.Json;
using Holdfast.Client;

namespace Holdfast.Tests.Client;

public sealed class TaskItemTests
{
    [Theory]
    [InlineData("""{"job_id": "x", "status": "SKIP", "holdfast:reason": "AutoBackup.1400#taken away"}""", "AutoBackup.1400#taken away")]
    [InlineData("""{"job_id": "x", "status": "EXECUTE_FAIL", "fail_reason": "VolumeBackup.0027#broken"}""", "VolumeBackup.0027#broken")]
    [InlineData("""{"job_id": "x", "status": "RUNNING"}""", null)]
    public void Why_a_task_failed_or_was_skipped_is_read_alike(string json, string? why) =>
        Assert.Equal(why, TaskItem.Read(JsonDocument.Parse(json).RootElement).FailReason);
}
