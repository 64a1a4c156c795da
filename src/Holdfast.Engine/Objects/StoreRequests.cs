namespace Holdfast.Engine.Objects;

/// <summary>How many requests were sent to a store, those that failed included.</summary>
/// <param name="Puts">Objects and parts of objects.</param>
/// <param name="Gets">Ranges that were read.</param>
/// <param name="Heads">Questions whether an object is there and how large it is.</param>
/// <param name="Lists">Pages of listings.</param>
/// <param name="Deletes">Objects.</param>
/// <param name="Others">Beginnings and ends of puts in parts.</param>
public readonly record struct StoreRequests(long Puts, long Gets, long Heads, long Lists, long Deletes, long Others)
{
    public long Total => Puts + Gets + Heads + Lists + Deletes + Others;
}

/// <summary>A store that is reached by requests, each of which costs.</summary>
public interface ICountedStore
{
    /// <summary>Since it was opened.</summary>
    StoreRequests Requests { get; }
}
