using Holdfast.Control.Jobs;

namespace Holdfast.Control.Tests.Jobs;

/// <summary>What the queue of jobs is, without a database.</summary>
internal sealed class JobQueueModel(int maxAttempts)
{
    private readonly Dictionary<JobId, Entry> _jobs = [];
    private readonly List<JobLease> _leases = [];

    public void Enqueue(JobId job, VolumeId? volume, DateTimeOffset now) => _jobs[job] = new Entry { Volume = volume, RunAfter = now };

    public JobLease? Claim(string owner, DateTimeOffset now, TimeSpan lease)
    {
        var busy = _jobs.Values.Where(j => j.State == JobState.Running).Select(j => j.Volume).ToHashSet();
        var (id, job) = _jobs
            .Where(j => j.Value.State == JobState.Queued && j.Value.RunAfter <= now && !busy.Contains(j.Value.Volume))
            .OrderBy(j => j.Value.RunAfter)
            .ThenBy(j => j.Key.Value, StringComparer.Ordinal)
            .FirstOrDefault();
        if (job is null)
            return null;

        (job.State, job.Attempt, job.Owner, job.Until) = (JobState.Running, job.Attempt + 1, owner, now + lease);
        _leases.Add(new JobLease(id, owner, job.Attempt));
        return _leases[^1];
    }

    public JobLease? AnyLease(Random random) => _leases.Count == 0 ? null : _leases[random.Next(_leases.Count)];

    public bool End(JobLease held, JobState to) => Change(held, job => job.State = to);

    public bool HandBack(JobLease held, DateTimeOffset now) =>
        Change(held, job => (job.State, job.Attempt, job.RunAfter) = (JobState.Queued, job.Attempt - 1, now));

    public void Rescue(DateTimeOffset now)
    {
        foreach (var job in _jobs.Values.Where(j => j.State == JobState.Running && j.Until < now))
            (job.State, job.RunAfter, job.Owner) = (job.Attempt >= maxAttempts ? JobState.Failed : JobState.Queued, now, null);
    }

    public IEnumerable<string> Dump() =>
        _jobs.OrderBy(j => j.Key.Value, StringComparer.Ordinal).Select(j => $"{j.Key} {(int)j.Value.State} {j.Value.Attempt}");

    private bool Change(JobLease held, Action<Entry> change)
    {
        var job = _jobs[held.Job];
        if (job.State != JobState.Running || job.Owner != held.Owner || job.Attempt != held.Attempt)
            return false;

        change(job);
        job.Owner = null;
        return true;
    }

    private sealed class Entry
    {
        public required VolumeId? Volume { get; init; }

        public required DateTimeOffset RunAfter { get; set; }

        public JobState State { get; set; } = JobState.Queued;

        public int Attempt { get; set; }

        public string? Owner { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
