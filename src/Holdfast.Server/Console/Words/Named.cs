using System.Globalization;
using System.Text;

namespace Holdfast.Server.Console.Words;

/// <summary>What a page calls a thing, and whether somebody has typed that. Not every volume and backup has a name.</summary>
public static class Named
{
    /// <summary>The id stands in for a name that is missing, or of which nothing can be seen: a link needs a text, and what is to be
    /// confirmed something that can be typed.</summary>
    public static string Of<TId>(string? name, TId id)
        where TId : struct => name is not null && Seen(name).Length > 0 ? name : $"{id}";

    /// <summary>Whether what was typed is what the page shows. A browser shows blanks in a row, and ends of lines, as one blank, and some
    /// characters not at all: nobody could type them.</summary>
    public static bool IsTyped(string typed, string shown) => Seen(shown) is { Length: > 0 } wanted && Seen(typed) == wanted;

    private static string Seen(string text)
    {
        var seen = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                seen.Append(seen.Length == 0 || seen[^1] == ' ' ? "" : " ");
            }
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format))
            {
                seen.Append(rune);
            }
        }

        return seen.ToString().TrimEnd(' ');
    }
}
