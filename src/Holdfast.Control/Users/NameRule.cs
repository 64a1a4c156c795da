using System.Globalization;
using System.Text;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Users;

/// <summary>What users and projects may be called, and what a password may be.</summary>
public static class NameRule
{
    /// <summary>Of a project's name.</summary>
    public const int MaxLength = 64;

    /// <summary>Of a user's name.</summary>
    public const int MaxUserLength = 255;

    public const int MinPassword = 8;
    public const int MaxPassword = 1024;

    public const int MaxDescription = 1000;

    /// <summary>What is wrong with a name, or null. Two names that look alike must not be two: no characters that are not seen, and accents
    /// only as a part of their letter (there is no ICU here to put the two together).</summary>
    public static string? TroubleOf(string name, int most = MaxLength) =>
        name.Trim().Length == 0
        || name.Trim() != name
        || name.Length > most
        || !CatalogText.CanHold(name)
        || !name.EnumerateRunes().All(IsSeen)
            ? $"a name has 1 to {most} printable characters and no blanks at its ends"
        : name is "." or ".." ? "'.' and '..' are no names: they stand for folders in addresses"
        : name.Any(c => c is >= '\u0300' and <= '\u036f')
            ? "a name has letters with accents as one character each, not accents of their own"
        : null;

    /// <summary>What is wrong with an email or a description, or null.</summary>
    public static string? TextTroubleOf(string text) =>
        text.Length > MaxDescription || !CatalogText.CanHold(text) ? $"has at most {MaxDescription} characters" : null;

    /// <summary>What is wrong with a new password, or null.</summary>
    public static string? PasswordTroubleOf(string password) =>
        password.Length is < MinPassword or > MaxPassword || !CatalogText.CanHold(password)
            ? $"a password has {MinPassword} to {MaxPassword} characters"
            : null;

    private static bool IsSeen(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.OtherNotAssigned
            );
}
