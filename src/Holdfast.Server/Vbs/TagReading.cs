using System.Text.Json;
using Holdfast.Server.Errors;
using Holdfast.Server.Http;

namespace Holdfast.Server.Vbs;

/// <summary>
/// Reads tags of requests by one rule (contract, section 4.1), which lets through whatever any of the documents and clients allows: no control characters,
/// none of eight that other tools use as separators, and lengths in characters, not bytes.
/// </summary>
internal static class TagReading
{
    private const int MaxKey = 36;
    private const int MaxValue = 43;

    /// <summary>What may be removed or asked for is wider than what can be made.</summary>
    private const int MaxOldKey = 127;
    private const int MaxOldValue = 255;
    private const string Rule = "a tag has a key of 1 to 36 and a value of 0 to 43 characters, without control characters and = * < > \\ , | /";

    /// <param name="refuse">Makes the refusal of a bad tag; codes differ by family.</param>
    /// <param name="tooMany">Makes the refusal of more than <paramref name="most"/>.</param>
    public static Dictionary<string, string> ReadAll(IReadOnlyList<JsonElement> elements, int most, Func<string, ApiException> refuse, Func<int, ApiException> tooMany)
    {
        if (elements.Count > most)
        {
            throw tooMany(most);
        }

        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var element in elements)
        {
            var (key, value) = Read(element, refuse);
            if (!tags.TryAdd(key, value))
            {
                throw refuse($"the tag '{key}' is given twice");
            }
        }

        return tags;
    }

    public static (string Key, string Value) Read(JsonElement element, Func<string, ApiException> refuse)
    {
        var (key, value) = (Member(element, "key"), Member(element, "value"));
        return key is not null && value is not null && IsText(key, 1, MaxKey) && IsText(value, 0, MaxValue) ? (key, value) : throw refuse(Rule);
    }

    /// <summary>A tag to be removed: its value may be left out.</summary>
    public static (string Key, string? Value) ReadOld(JsonElement element, Func<string, ApiException> refuse)
    {
        var (key, value) = (Member(element, "key"), Member(element, "value"));
        return key is not null && IsText(key, 1, MaxOldKey) && (value is null || value.EnumerateRunes().Count() <= MaxOldValue)
            ? (key, value)
            : throw refuse($"a tag to delete has a key of 1 to {MaxOldKey} characters, without control characters and = * < > \\ , | /, and a value of at most {MaxOldValue} characters or none");
    }

    /// <summary>Whether a text can be a key to look for.</summary>
    public static bool IsKey(string text) => IsText(text, 1, MaxOldKey);

    public static bool IsValue(string text) => text.EnumerateRunes().Count() <= MaxOldValue;

    private static string? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object ? element.TextMember(name) : throw VbsErrors.Malformed("an element of 'tags' is not an object");

    private static bool IsText(string text, int least, int most)
    {
        var length = text.EnumerateRunes().Count();
        return length >= least && length <= most && !text.Any(c => c < ' ' || "=*<>\\,|/".Contains(c, StringComparison.Ordinal));
    }
}
