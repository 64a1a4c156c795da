using System.Text.Json;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>What requests may carry: nothing is accepted and forgotten. A member that is null is one that is not there.</summary>
internal static class RequestMembers
{
    private const int MaxText = 255;

    /// <summary>Refuses members that nothing here keeps.</summary>
    /// <param name="of">What the members are of, or empty for those of the body itself.</param>
    /// <param name="known">Names that are read elsewhere.</param>
    public static void RefuseOthers(this JsonElement holder, string of, params ReadOnlySpan<string> known)
    {
        foreach (var member in holder.EnumerateObject())
        {
            var name = RequestBody.NameOf(member);
            if (member.Value.ValueKind != JsonValueKind.Null && !known.Contains(name))
            {
                var where = of.Length == 0 ? "the body" : $"'{of}'";
                throw Bad(
                    $"Additional properties are not allowed: {where} has no member '{Shortened(name)}' in this request at this version; "
                        + $"leave it out. There are {string.Join(", ", known)}"
                );
            }
        }
    }

    /// <summary>The object that the body is about, which has no others beside it.</summary>
    public static JsonElement ReadHolder(this JsonElement body, string name, params ReadOnlySpan<string> beside)
    {
        var holder = body.ObjectMember(name) ?? throw Bad($"'{name}' is missing");
        body.RefuseOthers("", [name, .. beside]);
        return holder;
    }

    /// <summary>A text of at most 255 characters, or null when it is absent.</summary>
    public static string? ShortText(this JsonElement holder, string name)
    {
        var text = holder.TextMember(name);
        return text is null || text.EnumerateRunes().Count() <= MaxText
            ? text
            : throw Bad($"'{name}' has at most {MaxText} characters");
    }

    /// <summary>As <see cref="ShortText"/>, of printable characters only.</summary>
    public static string? PrintableText(this JsonElement holder, string name)
    {
        var text = holder.ShortText(name);
        return text?.Any(char.IsControl) != true ? text : throw Bad($"'{name}' is made of printable characters");
    }

    /// <summary>Metadata under the name, or null when it is absent.</summary>
    public static Dictionary<string, string>? ReadTexts(this JsonElement holder, string name)
    {
        if (holder.ObjectMember(name) is not { } given)
        {
            return null;
        }

        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in given.EnumerateObject())
        {
            var key = RequestBody.NameOf(member);
            var value =
                member.Value.ValueKind == JsonValueKind.String
                    ? RequestBody.TextOf(member.Value, name)
                    : throw Bad($"the values of '{name}' are strings, that of '{Shortened(key)}' is none");
            texts[key] =
                key.Length is 0 or > MaxText || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or ':' or '.' or ' ' or '/')
                    ? throw Bad(
                        $"'{Shortened(key)}' is no key of '{name}': those have 1 to {MaxText} letters, digits, blanks, "
                            + "'-', '_', ':', '.' and '/'"
                    )
                : value.Length > MaxText
                    ? throw Bad($"a value of '{name}' has at most {MaxText} characters, that of '{Shortened(key)}' has more")
                : value;
        }

        return texts;
    }

    public static ApiException Bad(string message) => VbsErrors.Native(StatusCodes.Status400BadRequest, message);

    public static string Shortened(string text) => text.Length <= 40 ? text : $"{text[..40]}…";
}
