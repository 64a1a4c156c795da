using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Holdfast.Server.Http;

/// <summary>Which part of a list an OpenStack client asks for, and in which order (contract, section 6.3).</summary>
/// <param name="Limit">0 to <see cref="MaxLimit"/>; more is taken for that. 0 asks for nothing, as in Cinder.</param>
/// <param name="Offset">Counted from the marker.</param>
/// <param name="Marker">Id of the last item that the caller has seen, or null.</param>
/// <param name="Sort">Keys as they were sent; empty for the default order.</param>
internal sealed record ListQuery(int Limit, long Offset, string? Marker, IReadOnlyList<(string Key, bool Descending)> Sort)
{
    /// <summary>The most items that one answer of any list has.</summary>
    public const int MaxLimit = 1000;

    /// <param name="query">The request's parameters.</param>
    /// <param name="leastLimit">The smallest limit that the list's contract takes.</param>
    public static ListQuery Read(IQueryCollection query, int leastLimit = 0) =>
        new(
            (int)Math.Min(ReadNumber(query, "limit", leastLimit) ?? MaxLimit, MaxLimit),
            ReadNumber(query, "offset", least: 0) ?? 0,
            ReadText(query, "marker"),
            ReadSort(query)
        );

    /// <summary>The parameter as text, or null when it is absent. The rule of every list: an empty one is as if it were not there, of
    /// several that say something the first counts.</summary>
    public static string? ReadText(IQueryCollection query, string name) =>
        query[name].FirstOrDefault(value => !string.IsNullOrEmpty(value));

    /// <summary>A whole number in ASCII digits, or null for what is none or less than <paramref name="least"/>. One with more digits than a
    /// long has is the largest there is: as good as endless for any list.</summary>
    public static long? ParseNumber(ReadOnlySpan<char> text, int least)
    {
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9'))
        {
            return null;
        }

        var number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : long.MaxValue;
        return number >= least ? number : null;
    }

    /// <summary>What is said to whom a parameter was no number for which <see cref="ParseNumber"/> has one.</summary>
    public static string NumberRule(int least) => $"is a whole number, at least {least}";

    /// <summary>Clients write truth in many ways.</summary>
    public static bool ReadSwitch(IQueryCollection query, string name) =>
        ReadText(query, name)?.ToUpperInvariant() switch
        {
            null or "FALSE" or "0" or "NO" or "OFF" or "F" or "N" => false,
            "TRUE" or "1" or "YES" or "ON" or "T" or "Y" => true,
            _ => throw Bad($"'{name}' is true or false, not '{ReadText(query, name)}'"),
        };

    /// <summary>Whether a part of a list has a link to the next one: whenever it is as long as it may be, even if nothing follows, as block
    /// storage services have it. Where all are counted, their number is what is compared.</summary>
    /// <param name="items">How many the part has.</param>
    /// <param name="count">How many there are in all, where that is asked for.</param>
    public bool IsFull(int items, long? count) => items > 0 && Limit <= (count is > 0 ? count : items);

    /// <summary>The address of the next part: the same collection and filters, behind the last item.</summary>
    public string NextLink(HttpContext context, string address, string last)
    {
        var builder = new QueryBuilder();
        foreach (var (name, values) in context.Request.Query.Where(parameter => parameter.Key is not ("limit" or "marker" or "offset")))
        {
            builder.Add(name, values.Select(value => value ?? ""));
        }

        builder.Add("limit", Limit.ToString(CultureInfo.InvariantCulture));
        builder.Add("marker", last);
        return $"{address}{context.Request.Path.ToUriComponent()}{builder.ToQueryString()}";
    }

    public static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    /// <summary>A parameter that is a number, or null when it is absent.</summary>
    public static long? ReadNumber(IQueryCollection query, string name, int least) =>
        ReadText(query, name) is not { } text ? null : ParseNumber(text, least) ?? throw Bad($"'{name}' {NumberRule(least)}, not '{text}'");

    /// <summary>How many an answer may have, where more than the list gives is refused: 1 to <paramref name="most"/>.</summary>
    /// <param name="usual">Where nothing is said.</param>
    public static int ReadLimit(IQueryCollection query, int usual, int most = MaxLimit) =>
        ReadText(query, "limit") is not { } text ? usual
        : ParseNumber(text, least: 1) is { } number && number <= most ? (int)number
        : throw Bad($"'limit' is 1 to {most}, not '{text}'");

    /// <summary>A parameter that is a line of at most so many characters, or null when it is absent.</summary>
    public static string? ReadLine(IQueryCollection query, string name, int most) =>
        ReadText(query, name) is not { } text ? null
        : text.Length <= most && !text.Any(char.IsControl) ? text
        : throw Bad($"'{name}' is at most {most} characters, and none of them a control character");

    private static List<(string Key, bool Descending)> ReadSort(IQueryCollection query)
    {
        var (keys, directions) = (
            query["sort_key"].Where(key => !string.IsNullOrEmpty(key)).ToList(),
            query["sort_dir"].Where(dir => !string.IsNullOrEmpty(dir)).ToList()
        );
        if (ReadText(query, "sort") is { } sort)
        {
            return keys.Count + directions.Count == 0
                ?
                [
                    .. sort.Split(',')
                        .Where(part => !string.IsNullOrWhiteSpace(part))
                        .Select(part =>
                            part.Split(':') switch
                            {
                                [var key] => (key.Trim(), true),
                                [var key, var direction] => (key.Trim(), IsDescending(direction.Trim())),
                                _ => throw Bad($"'sort' is KEY[:asc|desc],…, not '{sort}'"),
                            }
                        ),
                ]
                : throw Bad("give either 'sort' or 'sort_key' and 'sort_dir'");
        }

        if (keys.Count == 0 && directions.Count > 0)
        {
            keys.Add("created_at");
        }

        return
        [
            .. keys.Select(
                (key, i) => (key ?? "", directions.Count == 0 || IsDescending(directions[Math.Min(i, directions.Count - 1)] ?? ""))
            ),
        ];
    }

    private static bool IsDescending(string direction) =>
        direction.ToUpperInvariant() switch
        {
            "DESC" => true,
            "ASC" => false,
            _ => throw Bad($"'{direction}' is no direction; there are asc and desc"),
        };
}
