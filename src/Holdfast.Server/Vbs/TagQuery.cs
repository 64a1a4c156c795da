using System.Text.Json;
using Holdfast.Control.Policies;
using Holdfast.Server.Http;

namespace Holdfast.Server.Vbs;

/// <summary>A question for policies by their tags and names (contract, section 4.7). All its parts must hold.</summary>
internal sealed record TagQuery
{
    private const int MaxKeys = 10;
    private const int MaxValues = 10;

    private List<Condition> All { get; init; } = [];

    private List<Condition> Any { get; init; } = [];

    private List<Condition> NotAll { get; init; } = [];

    private List<Condition> NotAny { get; init; } = [];

    private List<string> NameParts { get; init; } = [];

    /// <summary>Whether only the number is asked for.</summary>
    public bool IsCount { get; private init; }

    public int Limit { get; private init; } = ListQuery.MaxLimit;

    public int Offset { get; private init; }

    /// <summary>Types of all members first, then the action, then what is missing in the others and their rules.</summary>
    public static TagQuery Read(JsonElement body)
    {
        var (action, limit, offset) = (body.TextMember("action") ?? "", NumberText(body, "limit"), NumberText(body, "offset"));
        var (all, any, notAll, notAny) = (
            ReadList(body, "tags"),
            ReadList(body, "tags_any"),
            ReadList(body, "not_tags"),
            ReadList(body, "not_tags_any")
        );
        var matches = (body.ArrayMember("matches") ?? []).Select(ReadMatch).ToList();
        if (action is not ("filter" or "count"))
        {
            throw VbsErrors.Action(action, "filter or count");
        }

        var query = new TagQuery
        {
            IsCount = action == "count",
            All = CheckList(all, "tags", mayBeEmpty: true),
            Any = CheckList(any, "tags_any", mayBeEmpty: false),
            NotAll = CheckList(notAll, "not_tags", mayBeEmpty: false),
            NotAny = CheckList(notAny, "not_tags_any", mayBeEmpty: false),
            NameParts =
            [
                .. matches.Select(match =>
                    match.Key == "resource_name" ? match.Value ?? "" : throw VbsErrors.Tag("the only 'key' of 'matches' is resource_name")
                ),
            ],
        };
        return query.IsCount
            ? query
            : query with
            {
                Limit = CheckNumber(limit, "limit", 1, ListQuery.MaxLimit) ?? ListQuery.MaxLimit,
                Offset = CheckNumber(offset, "offset", 0, int.MaxValue) ?? 0,
            };
    }

    public bool Matches(Policy policy) =>
        All.All(condition => condition.HoldsFor(policy))
        && (Any.Count == 0 || Any.Any(condition => condition.HoldsFor(policy)))
        && (NotAll.Count == 0 || !NotAll.All(condition => condition.HoldsFor(policy)))
        && !NotAny.Any(condition => condition.HoldsFor(policy))
        && NameParts.All(part => policy.Name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static List<(string? Key, List<string>? Values)>? ReadList(JsonElement body, string name) =>
        body.ArrayMember(name)
            ?.Select(element =>
                element.ValueKind == JsonValueKind.Object
                    ? (element.TextMember("key"), element.ArrayMember("values")?.Select(ReadValue).ToList())
                    : throw VbsErrors.Malformed($"an element of '{name}' is not an object")
            )
            .ToList();

    private static string ReadValue(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
            ? RequestBody.TextOf(value, "values")
            : throw VbsErrors.Malformed("'values' is not an array of strings");

    private static (string? Key, string? Value) ReadMatch(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? (element.TextMember("key"), element.TextMember("value"))
            : throw VbsErrors.Malformed("an element of 'matches' is not an object");

    private static List<Condition> CheckList(List<(string? Key, List<string>? Values)>? given, string name, bool mayBeEmpty)
    {
        if (given is null)
        {
            return [];
        }

        if (given.Count > MaxKeys || (given.Count == 0 && !mayBeEmpty))
        {
            throw VbsErrors.Tag($"'{name}' has {(mayBeEmpty ? 0 : 1)} to {MaxKeys} elements");
        }

        var conditions = given.Select(one => CheckCondition(one.Key, one.Values, name)).ToList();
        return conditions.DistinctBy(condition => condition.Key).Count() == conditions.Count
            ? conditions
            : throw VbsErrors.Tag($"'{name}' has a key twice");
    }

    private static Condition CheckCondition(string? key, List<string>? values, string name)
    {
        if (key is null || !TagReading.IsKey(key))
        {
            throw VbsErrors.Tag($"an element of '{name}' has no 'key', or one that no tag can have");
        }

        if (values is null)
        {
            throw VbsErrors.Tag($"'{key}' of '{name}' has no 'values'");
        }

        return
            values.Count <= MaxValues && values.All(TagReading.IsValue) && values.Distinct(StringComparer.Ordinal).Count() == values.Count
            ? new Condition(key, values)
            : throw VbsErrors.Tag($"'{key}' of '{name}' has at most {MaxValues} different values");
    }

    /// <summary>Clients send these as texts and as numbers.</summary>
    private static string? NumberText(JsonElement body, string name) =>
        body.Member(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } text => RequestBody.TextOf(text, name),
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            _ => throw VbsErrors.Malformed($"'{name}' is not a number"),
        };

    private static int? CheckNumber(string? text, string name, int least, int most) =>
        string.IsNullOrEmpty(text) ? null
        : ListQuery.ParseNumber(text, least) is { } number ? (int)Math.Min(number, most)
        : throw VbsErrors.Malformed($"'{name}' {ListQuery.NumberRule(least)}");

    /// <summary>A key with any of some values; with any at all where there are none.</summary>
    private sealed record Condition(string Key, IReadOnlyList<string> Values)
    {
        public bool HoldsFor(Policy policy) =>
            policy.Tags.TryGetValue(Key, out var value) && (Values.Count == 0 || Values.Contains(value, StringComparer.Ordinal));
    }
}
