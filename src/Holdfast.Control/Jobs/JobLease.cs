namespace Holdfast.Control.Jobs;

/// <summary>
/// The right to carry a job out and to write its end. Every write that depends on it repeats owner and attempt in its WHERE, so a worker
/// that lost its lease without noticing changes nothing.
/// </summary>
public sealed record JobLease(JobId Job, string Owner, int Attempt);

/// <summary>The job is somebody else's by now.</summary>
internal sealed class JobLeaseLostException() : Exception("The lease of the job was lost.");
