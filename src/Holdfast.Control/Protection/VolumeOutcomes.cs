using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;

namespace Holdfast.Control.Protection;

/// <summary>Writes down how the last order to back a volume up ended, in the transaction that ends its job.</summary>
internal static class VolumeOutcomes
{
    private const string SucceededSql = """
        INSERT INTO volume_outcome (volume_id, job_id, ended_at, failures) VALUES (@volume, @job, @now, 0)
        ON CONFLICT (volume_id) DO UPDATE
        SET job_id = excluded.job_id, ended_at = excluded.ended_at, failures = 0, fail_code = NULL, fail_reason = NULL
        """;

    private const string FailedSql = """
        INSERT INTO volume_outcome (volume_id, job_id, ended_at, failures, fail_code, fail_reason)
        VALUES (@volume, @job, @now, 1, @code, @reason)
        ON CONFLICT (volume_id) DO UPDATE
        SET job_id = excluded.job_id, ended_at = excluded.ended_at, failures = volume_outcome.failures + 1,
          fail_code = excluded.fail_code, fail_reason = excluded.fail_reason
        """;

    /// <param name="failure">Null where it succeeded.</param>
    public static async Task WriteAsync(CatalogTransaction tx, Job job, JobFailure? failure, DateTimeOffset now, CancellationToken cancel)
    {
        if (job is { Kind: JobKind.CreateBackup, Volume: { } volume })
        {
            await tx.ExecuteAsync(
                failure is null ? SucceededSql : FailedSql,
                new
                {
                    volume = volume.ToString(),
                    job = job.Id.ToString(),
                    now = now.ToUnixTimeMilliseconds(),
                    code = failure?.Code,
                    reason = failure?.Reason,
                },
                cancel
            );
        }
    }
}
