using Holdfast.Control.Catalog;

namespace Holdfast.Control.Users;

/// <summary>What users and projects may be called, and what a password may be.</summary>
public static class NameRule
{
    public const int MaxLength = 64;
    public const int MinPassword = 8;
    public const int MaxPassword = 1024;

    /// <summary>What is wrong with a name, or null.</summary>
    public static string? TroubleOf(string name) =>
        name.Trim().Length == 0 || name.Trim() != name || name.Length > MaxLength || name.Any(char.IsControl) || !CatalogText.CanHold(name)
            ? $"a name has 1 to {MaxLength} printable characters and no blanks at its ends"
            : null;

    /// <summary>What is wrong with a new password, or null.</summary>
    public static string? PasswordTroubleOf(string password) =>
        password.Length is < MinPassword or > MaxPassword || !CatalogText.CanHold(password) ? $"a password has {MinPassword} to {MaxPassword} characters" : null;
}
