using System.Text.Json;
using Holdfast.Server.Http;

namespace Holdfast.Server.Vbs;

/// <summary>A tag as it was sent: its members are texts, or absent.</summary>
internal readonly record struct RawTag(string? Key, string? Value);

/// <summary>
/// Reads tags of requests by one rule (contract, section 4.1), which lets through whatever any of the documents and clients allows: no
/// control characters, none of eight that other tools use as separators, and lengths in characters, not bytes. Types, what is missing and
/// rules are looked at one after the other, because other members of the request stand between.
/// </summary>
internal static class TagReading
{
    private const int MaxKey = 36;
    private const int MaxValue = 43;

    /// <summary>What may be removed or asked for is wider than what can be made.</summary>
    private const int MaxOldKey = 127;
    private const int MaxOldValue = 255;
    private const string Rule =
        "a tag has a key of 1 to 36 and a value of 0 to 43 characters, without control characters and = * < > \\ , | /";

    /// <summary>Refuses what is of a wrong type. No array is an empty one.</summary>
    public static List<RawTag> Read(IReadOnlyList<JsonElement>? elements) =>
        [
            .. (elements ?? []).Select(element =>
                element.ValueKind == JsonValueKind.Object
                    ? Read(element)
                    : throw VbsErrors.Malformed("an element of 'tags' is not an object")
            ),
        ];

    public static RawTag Read(JsonElement tag) => new(tag.TextMember("key"), tag.TextMember("value"));

    /// <param name="refuse">Makes the refusal of a bad tag; codes differ by family.</param>
    public static void RefuseMissing(IReadOnlyList<RawTag> tags, Func<string, ApiException> refuse)
    {
        if (tags.Any(tag => string.IsNullOrEmpty(tag.Key) || tag.Value is null))
        {
            throw refuse(Rule);
        }
    }

    /// <summary>Tags that are to be made.</summary>
    public static Dictionary<string, string> Check(IReadOnlyList<RawTag> tags, Func<string, ApiException> refuse)
    {
        RefuseMissing(tags, refuse);
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            if (!IsText(key!, 1, MaxKey) || !IsText(value!, 0, MaxValue)) // neither is missing
            {
                throw refuse(Rule);
            }

            // The path of a tag with such a key would be another's: whoever sends it on takes these segments out.
            if (key is "." or "..")
            {
                throw refuse($"a tag cannot have the key '{key}'");
            }

            if (!made.TryAdd(key!, value!)) // as above
            {
                throw refuse($"the tag '{key}' is given twice");
            }
        }

        return made;
    }

    /// <summary>A tag to be removed: its value may be left out.</summary>
    public static (string Key, string? Value) CheckOld(RawTag tag, Func<string, ApiException> refuse) =>
        tag.Key is { } key && IsText(key, 1, MaxOldKey) && (tag.Value is null || IsValue(tag.Value))
            ? (key, tag.Value)
            : throw refuse(
                $"a tag to delete has a key of 1 to {MaxOldKey} characters, without control characters and = * < > \\ , | /, and a value "
                    + $"of at most {MaxOldValue} characters or none"
            );

    /// <summary>Whether a text can be a key to look for.</summary>
    public static bool IsKey(string text) => IsText(text, 1, MaxOldKey);

    public static bool IsValue(string text) => text.EnumerateRunes().Count() <= MaxOldValue;

    private static bool IsText(string text, int least, int most)
    {
        var length = text.EnumerateRunes().Count();
        return length >= least && length <= most && !text.Any(c => c < ' ' || "=*<>\\,|/".Contains(c, StringComparison.Ordinal));
    }
}
