using Holdfast.Running;

namespace Holdfast.Serving;

/// <summary>What a start of the service needs to know. Null leaves it to the configuration.</summary>
internal sealed record HostedServiceOptions
{
    public required string DataFolder { get; init; }

    public Uri? Listen { get; init; }

    public string? ConfigFile { get; init; }

    /// <summary>Password of the first user where the first start makes one; null takes HOLDFAST_ADMIN_PASSWORD or makes one up.</summary>
    public string? AdminPassword { get; init; }

    /// <summary>Fewer log lines: the demo has a story to tell.</summary>
    public bool Quiet { get; init; }
}

/// <summary>The service, running in this process.</summary>
internal sealed class HostedService : IAsyncDisposable
{
    public required Uri Address { get; init; }

    public required Uri Identity { get; init; }

    /// <summary>What a person must be told at the first start, a line each.</summary>
    public required IReadOnlyList<string> Notices { get; init; }

    /// <summary>The first user's password, as far as this start knows it: the given one, or the one that was made up. Empty at a later start.</summary>
    public required string AdminPassword { get; init; }

    public static Task<HostedService> StartAsync(HostedServiceOptions options, CancellationToken cancel) =>
        throw new VerbFailedException("this build has no service yet.");

    /// <summary>Returns when the service has stopped by itself or <paramref name="stop"/> asks it to.</summary>
    public Task RunAsync(CancellationToken stop) => Task.Delay(Notices.Count < 0 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, TimeProvider.System, stop);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
