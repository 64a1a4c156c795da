using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Running;

namespace Holdfast.Verbs.Options;

/// <summary>A key that a repository is to get.</summary>
internal sealed class NewSecretOptions
{
    private readonly Option<string?> _key = new("--new-key")
    {
        HelpName = "FILE",
        Description = "The new key is this key file; it is made where there is none.",
    };
    private readonly Option<string?> _passphrase = new("--new-passphrase-file")
    {
        HelpName = "FILE|-",
        Description = "The new key is a passphrase, the first line of a file or of standard input. With neither it is asked for, twice.",
    };

    public Option<string?> Label { get; } =
        new("--label") { HelpName = "TEXT", Description = "What to call the new key, e.g. whose it is." };

    public void AddTo(Command command)
    {
        command.Options.Add(_key);
        command.Options.Add(_passphrase);
        command.Options.Add(Label);
    }

    public SecretSource Read(ParseResult parse) =>
        (parse.GetValue(_key), parse.GetValue(_passphrase)) switch
        {
            ({ }, { }) => throw new UsageException("--new-key and --new-passphrase-file are given; the new key is one of them."),
            var (key, passphrase) => SecretSource.Of(key, passphrase, isNew: true),
        };
}
