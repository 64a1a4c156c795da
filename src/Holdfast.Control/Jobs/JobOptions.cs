using System.ComponentModel.DataAnnotations;

namespace Holdfast.Control.Jobs;

public sealed class JobOptions
{
    public const string Section = "Jobs";

    /// <summary>Minutes that one attempt of a job may take before it is stopped. Default 1440, a day.</summary>
    [Range(1, 525600)]
    public int TimeoutMinutes { get; set; } = 1440;

    /// <summary>Jobs that this process runs at once. 0: none, for a server that only answers. Default 2.</summary>
    [Range(0, 256)]
    public int Workers { get; set; } = 2;

    /// <summary>Seconds after which a worker that gave no sign of life loses its job; it gives one three times as often. Default
    /// 60.</summary>
    [Range(3, 3600)]
    public int LeaseSeconds { get; set; } = 60;

    /// <summary>Attempts of a job that fails for a passing reason or whose worker dies. Default 3.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Seconds before the second attempt after a passing failure; doubled for each further one, up to an hour. Default
    /// 30.</summary>
    [Range(1, 3600)]
    public int RetrySeconds { get; set; } = 30;

    /// <summary>Seconds between two looks for work that another server queued. Default 1.</summary>
    [Range(1, 60)]
    public int PollSeconds { get; set; } = 1;

    /// <summary>Days that an ended job is kept; at least one. Default 400.</summary>
    [Range(1, 36500)]
    public int KeepDays { get; set; } = 400;
}
