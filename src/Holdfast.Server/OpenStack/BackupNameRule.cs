namespace Holdfast.Server.OpenStack;

internal enum BackupNameFault
{
    TooLong = 1,
    Characters = 2,
    Reserved = 3,
}

/// <summary>What a backup made by hand may be called. The cloud's own paths allow less than the native ones.</summary>
internal static class BackupNameRule
{
    public const int MaxLength = 64;

    public const int MaxNativeLength = 255;

    /// <summary>How automatic backups are called, from the beginning of their names on.</summary>
    private const string Automatic = "autobk";

    /// <summary>What is wrong with a name that is not empty on the native paths, or null.</summary>
    public static string? NativeTroubleOf(string name) =>
        string.IsNullOrWhiteSpace(name) ? "has characters other than blanks"
        : name.EnumerateRunes().Count() > MaxNativeLength ? $"has at most {MaxNativeLength} characters"
        : name.StartsWith(Automatic, StringComparison.OrdinalIgnoreCase)
            ? $"must not begin with '{Automatic}': that is how automatic backups are called"
        : null;

    /// <summary>What is wrong with a name that is not empty on the cloud's own paths, or null.</summary>
    public static (BackupNameFault Fault, string Message)? TroubleOf(string name) =>
        name.Length > MaxLength ? (BackupNameFault.TooLong, $"has at most {MaxLength} characters")
        : !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? (BackupNameFault.Characters, "is made of letters, digits, '_' and '-'")
        : name.StartsWith("auto", StringComparison.OrdinalIgnoreCase)
            ? (BackupNameFault.Reserved, "must not begin with 'auto': that is how automatic backups are called")
        : null;
}
