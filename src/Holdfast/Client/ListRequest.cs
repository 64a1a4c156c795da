using System.Text.Json;

namespace Holdfast.Client;

/// <summary>What of a list is asked for: filters under their names on the wire, the order, and which part. Null leaves it to the
/// service.</summary>
internal sealed record ListRequest
{
    public static readonly ListRequest All = new();

    public IReadOnlyList<(string Name, string? Value)> Filters { get; init; } = [];

    /// <summary>As the wire has it: <c>key[:asc|desc],…</c>.</summary>
    public string? Sort { get; init; }

    /// <summary>Null for all there are.</summary>
    public int? Limit { get; init; }

    /// <summary>Counted from the marker.</summary>
    public long? Offset { get; init; }

    /// <summary>Id of the last item that has been seen.</summary>
    public string? Marker { get; init; }

    public static ListRequest Where(params (string Name, string? Value)[] filters) => new() { Filters = filters };
}

/// <summary>Lists that come page by page.</summary>
internal static class Listing
{
    private const int PageSize = 1000;

    /// <summary>Each further page begins behind the last item of the one before.</summary>
    public static async Task<IReadOnlyList<T>> ByMarkerAsync<T>(
        ApiConnection connection,
        string path,
        ListRequest request,
        Func<JsonElement, IEnumerable<T>> read,
        Func<T, string> id,
        CancellationToken cancel
    )
    {
        var all = new List<T>();
        while (true)
        {
            var size = Math.Min(PageSize, (request.Limit ?? int.MaxValue) - all.Count);
            var query = Query([
                .. request.Filters,
                ("sort", request.Sort),
                ("limit", $"{size}"),
                ("offset", all.Count == 0 ? request.Offset?.ToString() : null),
                ("marker", all.Count > 0 ? id(all[^1]) : request.Marker),
            ]);
            var page = read(await connection.GetAsync(Plane.Volume, path + query, cancel)).ToList();
            all.AddRange(page);
            if (page.Count < size || all.Count >= request.Limit)
            {
                return all;
            }
        }
    }

    /// <summary>How many match on all pages.</summary>
    public static async Task<long> CountAsync(ApiConnection connection, string path, ListRequest request, CancellationToken cancel) =>
        (
            await connection.GetAsync(Plane.Volume, path + Query([.. request.Filters, ("limit", "1"), ("with_count", "true")]), cancel)
        ).Number("count") ?? 0;

    /// <summary>The parameters that have a value, as the end of an address.</summary>
    public static string Query(params (string Name, string? Value)[] parameters)
    {
        var given = parameters.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value ?? "")}").ToList();
        return given.Count == 0 ? "" : $"?{string.Join('&', given)}";
    }
}
