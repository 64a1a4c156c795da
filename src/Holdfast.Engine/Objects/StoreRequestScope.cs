namespace Holdfast.Engine.Objects;

/// <summary>Counts the requests to stores that are sent by whoever began it and by all that is called from there, also on other threads:
/// those of one job among many on one store.</summary>
public sealed class StoreRequestScope : IDisposable
{
    private static readonly AsyncLocal<StoreRequestScope?> Here = new();

    private readonly StoreRequestScope? _around;
    private readonly StoreRequestCounts _counts = new();

    private StoreRequestScope(StoreRequestScope? around) => _around = around;

    /// <summary>So far.</summary>
    public StoreRequests Requests => _counts.Now;

    public static StoreRequestScope Begin() => Here.Value = new StoreRequestScope(Here.Value);

    /// <summary>Ends it, in the method that began it.</summary>
    public void Dispose() => Here.Value = _around;

    internal static void Count(StoreVerb verb)
    {
        for (var scope = Here.Value; scope is not null; scope = scope._around)
            scope._counts.Add(verb);
    }
}

/// <summary>What a request is counted as.</summary>
internal enum StoreVerb
{
    Put,
    Get,
    Head,
    List,
    Delete,
    Other,
}

/// <summary>Counters of requests; any thread may add.</summary>
internal sealed class StoreRequestCounts
{
    private readonly long[] _counts = new long[(int)StoreVerb.Other + 1];

    public StoreRequests Now =>
        new(
            CountOf(StoreVerb.Put),
            CountOf(StoreVerb.Get),
            CountOf(StoreVerb.Head),
            CountOf(StoreVerb.List),
            CountOf(StoreVerb.Delete),
            CountOf(StoreVerb.Other)
        );

    public void Add(StoreVerb verb) => Interlocked.Increment(ref _counts[(int)verb]);

    private long CountOf(StoreVerb verb) => Interlocked.Read(ref _counts[(int)verb]);
}
