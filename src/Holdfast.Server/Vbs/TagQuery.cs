using System.Globalization;
using System.Text.Json;
using Holdfast.Control.Policies;
using Holdfast.Server.Errors;
using Holdfast.Server.Http;

namespace Holdfast.Server.Vbs;

/// <summary>A question for policies by their tags and names (contract, section 4.7). All its parts must hold.</summary>
internal sealed record TagQuery
{
    private const int MaxKeys = 10;
    private const int MaxValues = 10;
    private const int MaxLimit = 1000;

    private List<Condition> All { get; init; } = [];

    private List<Condition> Any { get; init; } = [];

    private List<Condition> NotAll { get; init; } = [];

    private List<Condition> NotAny { get; init; } = [];

    private List<string> NameParts { get; init; } = [];

    /// <summary>Whether only the number is asked for.</summary>
    public bool IsCount { get; private init; }

    public int Limit { get; private init; } = MaxLimit;

    public int Offset { get; private init; }

    public static TagQuery Read(JsonElement body)
    {
        var action = body.TextMember("action") ?? "";
        if (action is not ("filter" or "count"))
        {
            throw VbsErrors.Action(action, "filter or count");
        }

        var query = new TagQuery
        {
            IsCount = action == "count",
            All = ReadList(body, "tags", mayBeEmpty: true),
            Any = ReadList(body, "tags_any", mayBeEmpty: false),
            NotAll = ReadList(body, "not_tags", mayBeEmpty: false),
            NotAny = ReadList(body, "not_tags_any", mayBeEmpty: false),
            NameParts = [.. (body.ArrayMember("matches") ?? []).Select(ReadMatch)],
        };
        return query.IsCount ? query : query with { Limit = ReadNumber(body, "limit", 1, MaxLimit) ?? MaxLimit, Offset = ReadNumber(body, "offset", 0, int.MaxValue) ?? 0 };
    }

    public bool Matches(Policy policy) =>
        All.All(condition => condition.HoldsFor(policy))
        && (Any.Count == 0 || Any.Any(condition => condition.HoldsFor(policy)))
        && (NotAll.Count == 0 || !NotAll.All(condition => condition.HoldsFor(policy)))
        && !NotAny.Any(condition => condition.HoldsFor(policy))
        && NameParts.All(part => policy.Name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static List<Condition> ReadList(JsonElement body, string name, bool mayBeEmpty)
    {
        if (body.ArrayMember(name) is not { } elements)
        {
            return [];
        }

        if (elements.Count > MaxKeys || (elements.Count == 0 && !mayBeEmpty))
        {
            throw VbsErrors.Tag($"'{name}' has {(mayBeEmpty ? 0 : 1)} to {MaxKeys} elements");
        }

        var conditions = elements.Select(element => ReadCondition(element, name)).ToList();
        return conditions.DistinctBy(condition => condition.Key).Count() == conditions.Count ? conditions : throw VbsErrors.Tag($"'{name}' has a key twice");
    }

    private static Condition ReadCondition(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw VbsErrors.Malformed($"an element of '{name}' is not an object");
        }

        if (element.TextMember("key") is not { } key || !TagReading.IsKey(key))
        {
            throw VbsErrors.Tag($"an element of '{name}' has no 'key', or one that no tag can have");
        }

        var values = (element.ArrayMember("values") ?? throw VbsErrors.Tag($"'{key}' of '{name}' has no 'values'"))
            .Select(value => value.ValueKind == JsonValueKind.String ? RequestBody.TextOf(value, "values") : throw VbsErrors.Malformed("'values' is not an array of strings")).ToList();
        return values.Count <= MaxValues && values.All(TagReading.IsValue) && values.Distinct(StringComparer.Ordinal).Count() == values.Count
            ? new Condition(key, values)
            : throw VbsErrors.Tag($"'{key}' of '{name}' has at most {MaxValues} different values");
    }

    private static string ReadMatch(JsonElement element) => element.ValueKind == JsonValueKind.Object
        ? element.TextMember("key") == "resource_name" ? element.TextMember("value") ?? "" : throw VbsErrors.Tag("the only 'key' of 'matches' is resource_name")
        : throw VbsErrors.Malformed("an element of 'matches' is not an object");

    /// <summary>Clients send these as texts and as numbers.</summary>
    private static int? ReadNumber(JsonElement body, string name, int least, int most)
    {
        if (body.Member(name) is not { } member)
        {
            return null;
        }

        var text = member.ValueKind == JsonValueKind.String ? RequestBody.TextOf(member, name) : member.GetRawText();
        if (text.Length == 0)
        {
            return null;
        }

        var isNumber = text.All(char.IsAsciiDigit);
        var value = isNumber && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : long.MaxValue;
        return isNumber && value >= least ? (int)Math.Min(value, most) : throw VbsErrors.Malformed($"'{name}' is a whole number, at least {least}");
    }

    /// <summary>A key with any of some values; with any at all where there are none.</summary>
    private sealed record Condition(string Key, IReadOnlyList<string> Values)
    {
        public bool HoldsFor(Policy policy) => policy.Tags.TryGetValue(Key, out var value) && (Values.Count == 0 || Values.Contains(value, StringComparer.Ordinal));
    }
}
