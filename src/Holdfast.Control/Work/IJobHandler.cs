using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Work;

/// <summary>
/// Carries out the jobs of one kind. A job may be run again from the start after any crash, so each step must stand being done twice.
/// </summary>
internal interface IJobHandler
{
    JobKind Kind { get; }

    /// <summary>The code of a failure that has none of its own.</summary>
    string FailureCode { get; }

    /// <summary>
    /// Does the work; stops soon after <paramref name="cancel"/>. Must not write the job's end: that is what the outcome is for.
    /// A <see cref="HoldfastException"/> fails the job, or puts it off when it is transient.
    /// </summary>
    /// <param name="lines">The job's log, for what somebody needs who asks why it failed, was slow or read all. Begin and end of the
    /// attempt are written there by whoever calls this.</param>
    Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel);

    /// <summary>What a failure changes beside job and task, in the transaction that ends them. The work may have been begun by a process
    /// that is gone.</summary>
    Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel);
}

internal abstract record JobOutcome
{
    private JobOutcome() { }

    /// <param name="WriteAsync">What a success changes beside job and task, in the transaction that ends them.</param>
    /// <param name="Tell">Says within this process that it is done, once that transaction is; does nothing that can fail.</param>
    /// <param name="Figures">What it did, JSON by kind; null where its kind tells nothing, or has told it.</param>
    public sealed record Done(Func<CatalogTransaction, CancellationToken, Task> WriteAsync, Action? Tell = null, string? Figures = null)
        : JobOutcome;

    public sealed record Failed(JobFailure Failure) : JobOutcome;

    /// <summary>Somebody else has the job now.</summary>
    public sealed record LeaseLost : JobOutcome;
}
