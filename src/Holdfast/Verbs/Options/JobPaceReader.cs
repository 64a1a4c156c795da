using Holdfast.Client;

namespace Holdfast.Verbs.Options;

/// <summary>Looks into a job's log, now and then, for how far the job is.</summary>
internal sealed class JobPaceReader(HoldfastApi api, string job, TimeProvider clock)
{
    /// <summary>The service writes such lines some seconds apart; asking more often would tell nothing more.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private long? _lookedAt;
    private long _after;
    private bool _isRefused;

    /// <summary>Null as long as nothing was told.</summary>
    public JobPace? Last { get; private set; }

    /// <param name="beginAt">When the job began, as the service tells it.</param>
    public async Task LookAsync(DateTimeOffset? beginAt, CancellationToken cancel)
    {
        if (_isRefused || (_lookedAt is { } before && clock.GetElapsedTime(before) < Interval))
        {
            return;
        }

        _lookedAt = clock.GetTimestamp();
        try
        {
            var lines = (await api.Operations.ReadJobLogAsync(job, _after, search: null, cancel)).Elements("lines").ToList();
            _after = lines is [.., var last] ? last.Number("number") ?? _after : _after;
            Last = JobPace.Find(lines, beginAt) ?? Last;
        }
        catch (ApiRefusedException)
        {
            _isRefused = true; // of another service than ours, or no log of the caller's: the waiting goes on without
        }
    }
}
