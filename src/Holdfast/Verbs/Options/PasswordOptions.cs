using System.CommandLine;
using System.Security.Cryptography;
using Holdfast.Running;

namespace Holdfast.Verbs.Options;

/// <summary>Where a password comes from: never from an option's value, which every process list shows.</summary>
internal sealed class PasswordOptions
{
    /// <summary>No letters that are read for one another.</summary>
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    private readonly Option<string?> _file = new("--password-file")
    {
        HelpName = "FILE|-",
        Description = "Read the password from the first line of a file, or of standard input.",
    };
    private readonly Option<bool> _generate = new("--generate") { Description = "Make a password up and print it, once." };

    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_generate);
    }

    /// <summary>The password, and whether it was made up here.</summary>
    public (string Password, bool Generated) Read(ParseResult parse)
    {
        if (parse.GetValue(_generate))
        {
            return (RandomNumberGenerator.GetString(Alphabet, 20), true);
        }

        if (parse.GetValue(_file) is { } file)
        {
            using var reader = file == "-" ? Console.In : File.OpenText(file);
            return (
                reader.ReadLine() is { Length: > 0 } line
                    ? line
                    : throw new UsageException($"'{file}' holds no password in its first line."),
                false
            );
        }

        return Console.IsInputRedirected
            ? throw new UsageException("no password: give --password-file FILE, --password-file - for standard input, or --generate.")
            : (AskTwice(), false);
    }

    private static string AskTwice()
    {
        var password = Ask("New password: ");
        return Ask("Once more: ") == password
            ? password
            : throw new VerbFailedException("the two passwords are not the same; nothing is changed.");
    }

    /// <summary>Asks on the terminal without showing what is typed.</summary>
    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new System.Text.StringBuilder();
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
