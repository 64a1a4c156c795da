namespace Holdfast.Terminal;

/// <summary>Commands that are shown to be pasted.</summary>
internal static class Shell
{
    /// <summary>A word as a POSIX shell reads it: in single quotes where it would not stay whole.</summary>
    public static string Word(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or ',' or '=' or '@' or '+')
            ? text
            : Quote(text);

    public static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
