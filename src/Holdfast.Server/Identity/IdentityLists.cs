using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Server.Identity;

/// <summary>The filters of lists as Keystone has them: equal values, and for texts <c>name__contains</c>, <c>__startswith</c>,
/// <c>__endswith</c>, each also with an <c>i</c> before it for letters of either case. An unknown comparison restricts nothing.</summary>
internal static class IdentityLists
{
    /// <summary>Those that the query asks for.</summary>
    /// <param name="members">What may be asked for: texts, or true and false. Null equals no text.</param>
    public static IEnumerable<T> Filter<T>(
        this IEnumerable<T> list,
        IQueryCollection query,
        params ReadOnlySpan<(string Name, Func<T, object?> Value)> members
    )
    {
        foreach (var (name, value) in members)
        {
            // Of several values each restricts; an empty one is as if it were not given, as in every list here.
            foreach (var (key, asked) in query.SelectMany(parameter => ValuesOf(parameter.Value).Select(text => (parameter.Key, text))))
            {
                if (asked.Length == 0)
                {
                    continue;
                }

                if (key == name)
                {
                    list = list.Where(element => IsEqual(value(element), asked));
                }
                else if (key.StartsWith(name + "__", StringComparison.Ordinal))
                {
                    var comparison = key[(name.Length + 2)..];
                    list = list.Where(element => value(element) is not string own || Compares(own, comparison, asked));
                }
            }
        }

        return list;
    }

    /// <summary>A switch in a query: Keystone takes what does not say false for true, nothing after the name too.</summary>
    public static bool IsTrue(string text) => text.ToUpperInvariant() is not ("FALSE" or "0" or "OFF" or "NO" or "F" or "N");

    /// <summary>Whether a switch is in the query and on.</summary>
    public static bool Has(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && IsTrue(ValuesOf(values).First());

    private static IEnumerable<string> ValuesOf(StringValues values) => values.Count == 0 ? [""] : values.Select(text => text ?? "");

    private static bool IsEqual(object? own, string text) =>
        own switch
        {
            bool value => value == IsTrue(text),
            string value => value == text,
            _ => false,
        };

    private static bool Compares(string own, string comparison, string text)
    {
        var rule = comparison.StartsWith('i') ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return comparison.TrimStart('i') switch
        {
            "contains" => own.Contains(text, rule),
            "startswith" => own.StartsWith(text, rule),
            "endswith" => own.EndsWith(text, rule),
            _ => true,
        };
    }
}
