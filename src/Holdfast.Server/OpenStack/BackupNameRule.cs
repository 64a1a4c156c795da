namespace Holdfast.Server.OpenStack;

internal enum BackupNameFault
{
    TooLong = 1,
    Characters = 2,
    Reserved = 3,
}

/// <summary>What a backup made by hand may be called: the same in both styles of the API.</summary>
internal static class BackupNameRule
{
    public const int MaxLength = 64;

    /// <summary>What is wrong with a name that is not empty, or null.</summary>
    public static (BackupNameFault Fault, string Message)? TroubleOf(string name) =>
        name.Length > MaxLength ? (BackupNameFault.TooLong, $"has at most {MaxLength} characters")
        : !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? (BackupNameFault.Characters, "is made of letters, digits, '_' and '-'")
        : name.StartsWith("auto", StringComparison.OrdinalIgnoreCase)
            ? (BackupNameFault.Reserved, "must not begin with 'auto': that is how automatic backups are called")
        : null;
}
