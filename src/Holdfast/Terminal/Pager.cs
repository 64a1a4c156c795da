using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Terminal;

/// <summary>Long tables on a terminal, a screen at a time, by the program that the user has chosen for that.</summary>
internal static partial class Pager
{
    /// <summary>Ends by itself where all fits, passes colours on, leaves what was read on the screen.</summary>
    private const string UsualOptions = "FRX";
    private const string Usual = $"less -{UsualOptions}";

    /// <summary>What a shell ends with where it cannot run a command, or cannot find it.</summary>
    private const int CannotRun = 126;
    private const int NotFound = 127;

    /// <summary>Shows the text page by page, where it is longer than the screen and there is a pager.</summary>
    /// <returns>False where there is none: the text was not shown.</returns>
    public static bool Showed(string text) =>
        Console.WindowHeight is > 0 and var height // else the terminal has not said how many rows it has
        && Rows(text, Console.WindowWidth) >= height
        && Choose(Environment.GetEnvironmentVariable, IsProgram) is { } command
        && Ran(command, text);

    /// <summary>The pager's command line, for a shell; null for none.</summary>
    /// <param name="isProgram">Whether a word names a program that is there.</param>
    internal static string? Choose(Func<string, string?> variable, Func<string, bool> isProgram)
    {
        if (variable("TERM") is null or "" or "dumb")
        {
            return null; // it could show nothing but a complaint
        }

        var chosen = (variable("HOLDFAST_PAGER") ?? variable("PAGER"))?.Trim() ?? Usual;
        var program = chosen.Split(' ', 2)[0];
        return chosen is "" or "cat" || (PlainWord().IsMatch(program) && !isProgram(program)) ? null : chosen;
    }

    /// <summary>Rows of a terminal so wide that the text takes: it folds lines that are longer.</summary>
    internal static long Rows(string text, int width)
    {
        var rows = 0L;
        foreach (var line in Escape().Replace(text, "").TrimEnd('\n').Split('\n'))
        {
            rows += width > 0 ? Math.Max(1, (line.TrimEnd().Length + width - 1L) / width) : 1;
        }

        return rows;
    }

    private static bool Ran(string command, string text)
    {
        // Ctrl-C is the pager's as long as it is there: it ends a search, and must not leave a terminal without its owner.
        using var leave = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        var start = new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            RedirectStandardInput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        start.Environment.TryAdd("LESS", UsualOptions);
        start.Environment.TryAdd("LV", "-c");
        try
        {
            using var pager = Process.Start(start);
            if (pager is null)
            {
                return false;
            }

            Feed(pager, text);
            pager.WaitForExit();
            return pager.ExitCode is not (CannotRun or NotFound);
        }
        catch (Win32Exception)
        {
            return false; // no shell
        }
    }

    private static void Feed(Process pager, string text)
    {
        try
        {
            using var input = pager.StandardInput;
            input.Write(text);
        }
        catch (IOException)
        {
            // It has ended before the end, as whoever reads has told it to.
        }
    }

    private static bool IsProgram(string word) =>
        word.Contains('/', StringComparison.Ordinal)
            ? File.Exists(word)
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, word)));

    /// <summary>What moves no cursor of ours: colours and the like.</summary>
    [GeneratedRegex(@"\e\[[0-9;]*[A-Za-z]")]
    private static partial Regex Escape();

    /// <summary>A word that a shell takes as it is; of any other, the shell itself may say whether it is a program.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_./+-]+$")]
    private static partial Regex PlainWord();
}
