using System.Text;

namespace Holdfast.Control.Catalog;

/// <summary>Which texts both databases can hold, and how any becomes one. Others name nothing in the catalog, and PostgreSQL would refuse
/// even to look for them.</summary>
internal static class CatalogText
{
    /// <summary>Whether a text has no NUL and no half of a surrogate pair.</summary>
    public static bool CanHold(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (text[i] == '\0' || char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>One line of text that both can hold, whatever a name in it was made of.</summary>
    /// <param name="most">Characters that are kept; what was cut ends with an ellipsis.</param>
    /// <param name="instead">What stands for a control character.</param>
    public static string OneLine(string text, int most, char instead)
    {
        var line = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= most)
            {
                return line.Append('…').ToString();
            }

            line.Append(Rune.IsControl(rune) ? instead.ToString() : rune.ToString());
        }

        return line.ToString();
    }
}
