using System.Text;
using Holdfast.Running;

namespace Holdfast.Terminal;

/// <summary>Asks a person, on a terminal.</summary>
internal static class Prompt
{
    /// <summary>Whether somebody is there to be asked.</summary>
    public static bool IsPossible => !Console.IsInputRedirected;

    /// <param name="what">What is asked for, like <c>password</c>.</param>
    /// <exception cref="VerbFailedException">The second time another was typed.</exception>
    public static string AskNew(string what)
    {
        var secret = Ask($"New {what}: ");
        return Ask("Once more: ") == secret
            ? secret
            : throw new VerbFailedException($"the two {what}s are not the same; nothing is changed.");
    }

    /// <summary>Asks for a line that may be seen.</summary>
    /// <param name="usual">Taken where nothing is typed.</param>
    public static string AskLine(string what, string usual)
    {
        Console.Error.Write($"{what} ({usual}): ");
        return Console.ReadLine() is { Length: > 0 } line ? line : usual;
    }

    /// <summary>Asks without showing what is typed.</summary>
    public static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                text.Length = Math.Max(0, text.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                text.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return text.ToString();
    }
}
