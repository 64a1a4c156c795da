using System.CommandLine;
using System.Security.Cryptography;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary>Where a password comes from: never from an option's value, which every process list shows.</summary>
internal sealed class PasswordOptions
{
    /// <summary>No letters that are read for one another.</summary>
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    private readonly Option<string?> _file = File();
    private readonly Option<bool> _generate = new("--generate") { Description = "Make a password up and print it, once." };

    /// <summary>See <see cref="ReadFirstLine"/>.</summary>
    public static Option<string?> File() =>
        new("--password-file")
        {
            HelpName = "FILE|-",
            Description = "Read the password from the first line of a file, or of standard input.",
        };

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
            return (ReadFirstLine(file), false);
        }

        return Prompt.IsPossible
            ? (Prompt.AskNew("password"), false)
            : throw new UsageException("no password: give --password-file FILE, --password-file - for standard input, or --generate.");
    }

    /// <param name="file"><c>-</c> for standard input.</param>
    /// <exception cref="UsageException">There is nothing in it.</exception>
    public static string ReadFirstLine(string file)
    {
        using var reader = file == "-" ? Console.In : System.IO.File.OpenText(file);
        return reader.ReadLine() is { Length: > 0 } line
            ? line
            : throw new UsageException($"'{file}' holds no password in its first line.");
    }
}
