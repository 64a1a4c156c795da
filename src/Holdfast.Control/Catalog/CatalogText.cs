namespace Holdfast.Control.Catalog;

/// <summary>Which texts both databases can hold. Others name nothing in the catalog, and PostgreSQL would refuse even to look for
/// them.</summary>
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
}
