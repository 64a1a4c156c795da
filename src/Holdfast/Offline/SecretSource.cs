using Holdfast.Engine.Keys;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>Where the secret that opens a repository comes from: never from an option's value, which every process list shows.</summary>
internal abstract record SecretSource
{
    private SecretSource() { }

    /// <param name="keyFile">As it was given, or null.</param>
    /// <param name="passphraseFile">As it was given, <c>-</c> for standard input, or null.</param>
    /// <param name="isNew">Whether a passphrase that is typed does not exist yet, and so is asked for twice.</param>
    public static SecretSource Of(string? keyFile, string? passphraseFile, bool isNew) =>
        (keyFile, passphraseFile) switch
        {
            ({ } file, _) => new FromKeyFile(GivenPath.Full(file)),
            (_, "-") => new FromStandardInput(),
            (_, { } file) => new FromPassphraseFile(GivenPath.Full(file)),
            _ when Prompt.IsPossible => new FromTerminal(isNew),
            _ when isNew => throw new UsageException("no new key: give a key file or a passphrase file; there is no terminal to ask on."),
            _ => throw new UsageException("--repository is given without --key FILE or --passphrase-file FILE, which opens it."),
        };

    /// <summary>The path of the key file, where it is one.</summary>
    public virtual string? KeyFile => null;

    /// <summary>The secret. To be read once: a pipe has it once, and a person wants to type it once.</summary>
    public abstract RepositorySecret Read();

    private sealed record FromKeyFile(string Path) : SecretSource
    {
        public override string KeyFile => Path;

        public override RepositorySecret Read() => new RepositorySecret.KeyFile(Path);
    }

    private sealed record FromPassphraseFile(string Path) : SecretSource
    {
        public override RepositorySecret Read() => PassphraseFile.Read(Path);
    }

    private sealed record FromStandardInput : SecretSource
    {
        public override RepositorySecret Read()
        {
            using var input = Console.OpenStandardInput();
            return PassphraseFile.Read(input, "-");
        }
    }

    private sealed record FromTerminal(bool IsNew) : SecretSource
    {
        public override RepositorySecret Read() =>
            new RepositorySecret.Passphrase(IsNew ? Prompt.AskNew("passphrase") : Prompt.Ask("Passphrase of the repository: "));
    }
}
