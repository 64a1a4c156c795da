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

    /// <summary>The outermost scope that this runs in, which stands for the job that it is done for; null for none.</summary>
    internal static StoreRequestScope? Job
    {
        get
        {
            var scope = Here.Value;
            while (scope?._around is { } around)
                scope = around;
            return scope;
        }
    }

    public static StoreRequestScope Begin() => Here.Value = new StoreRequestScope(Here.Value);

    /// <summary>Ends it, in the method that began it.</summary>
    public void Dispose() => Here.Value = _around;

    internal static void Count(StoreVerb verb) => ForEach(counts => counts.Add(verb));

    /// <summary>Counts the bytes of a request that succeeded.</summary>
    internal static void CountBytes(StoreVerb verb, long bytes) => ForEach(counts => counts.AddBytes(verb, bytes));

    internal static void CountRetry() => ForEach(counts => counts.AddRetry());

    private static void ForEach(Action<StoreRequestCounts> add)
    {
        for (var scope = Here.Value; scope is not null; scope = scope._around)
            add(scope._counts);
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
    private long _sent;
    private long _received;
    private long _retries;

    public StoreRequests Now =>
        new(
            CountOf(StoreVerb.Put),
            CountOf(StoreVerb.Get),
            CountOf(StoreVerb.Head),
            CountOf(StoreVerb.List),
            CountOf(StoreVerb.Delete),
            CountOf(StoreVerb.Other)
        )
        {
            BytesSent = Interlocked.Read(ref _sent),
            BytesReceived = Interlocked.Read(ref _received),
            Retries = Interlocked.Read(ref _retries),
        };

    public void Add(StoreVerb verb) => Interlocked.Increment(ref _counts[(int)verb]);

    public void AddBytes(StoreVerb verb, long bytes)
    {
        if (verb == StoreVerb.Put)
            Interlocked.Add(ref _sent, bytes);
        else if (verb == StoreVerb.Get)
            Interlocked.Add(ref _received, bytes);
    }

    public void AddRetry() => Interlocked.Increment(ref _retries);

    private long CountOf(StoreVerb verb) => Interlocked.Read(ref _counts[(int)verb]);
}
