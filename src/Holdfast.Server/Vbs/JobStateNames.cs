using Holdfast.Control.Jobs;

namespace Holdfast.Server.Vbs;

/// <summary>What states of jobs are called: contract section 5.4.</summary>
internal static class JobStateNames
{
    public static string Of(Job job) =>
        job.State switch
        {
            // Between two attempts it has begun and not ended.
            JobState.Queued => job.BeginAt is null ? "INIT" : "RUNNING",
            JobState.Running => "RUNNING",
            JobState.Succeeded => "SUCCESS",
            _ => "FAIL",
        };
}
