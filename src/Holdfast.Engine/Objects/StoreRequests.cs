using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Engine.Basics;

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
    /// <summary>Bytes of objects that were put, by requests that succeeded.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of objects that were read, by requests that succeeded.</summary>
    public long BytesReceived { get; init; }

    /// <summary>How often a call was tried again. Each attempt is counted as a request, too.</summary>
    public long Retries { get; init; }

    [JsonIgnore]
    public long Total => Puts + Gets + Heads + Lists + Deletes + Others;

    public static StoreRequests operator +(StoreRequests a, StoreRequests b) =>
        new(a.Puts + b.Puts, a.Gets + b.Gets, a.Heads + b.Heads, a.Lists + b.Lists, a.Deletes + b.Deletes, a.Others + b.Others)
        {
            BytesSent = a.BytesSent + b.BytesSent,
            BytesReceived = a.BytesReceived + b.BytesReceived,
            Retries = a.Retries + b.Retries,
        };

    public string ToJson() => JsonSerializer.Serialize(this, StoreRequestsJson.Default.StoreRequests);

    /// <summary>None where it is no account of requests.</summary>
    public static StoreRequests FromJson(string? json) =>
        json is null ? default : StoredJson.TryRead(json, StoreRequestsJson.Default.StoreRequests);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoreRequests))]
internal sealed partial class StoreRequestsJson : JsonSerializerContext;

/// <summary>A store that is reached by requests, each of which costs.</summary>
public interface ICountedStore
{
    /// <summary>Since it was opened.</summary>
    StoreRequests Requests { get; }

    /// <summary>Of these, the ones that the store did not answer, or answered with an error; absence is an answer. No bytes, no
    /// retries.</summary>
    StoreRequests Failures { get; }
}
