using System.CommandLine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary><c>--repository</c> and what opens it: the verb then works on the repository itself, without a service.</summary>
internal sealed class RepositoryOptionSet
{
    private readonly Option<string?> _address = new("--repository")
    {
        HelpName = "ADDRESS",
        Description = "Work on this repository without a service: a folder, or s3://BUCKET/PREFIX?endpoint=URL.",
    };
    private readonly Option<string?> _key = new("--key") { HelpName = "FILE", Description = "The repository's key file." };
    private readonly Option<string?> _passphrase = new("--passphrase-file")
    {
        HelpName = "FILE|-",
        Description = "Instead of --key: a passphrase, the first line of a file or of standard input. With neither it is asked for.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_address);
        command.Options.Add(_key);
        command.Options.Add(_passphrase);
    }

    /// <summary>Null when the verb is meant for a service.</summary>
    public RepositoryAt? Find(ParseResult parse) => Find(parse, isNew: false);

    private RepositoryAt? Find(ParseResult parse, bool isNew)
    {
        var (key, passphrase) = (parse.GetValue(_key), parse.GetValue(_passphrase));
        if (key is not null && passphrase is not null)
        {
            throw new UsageException("--key and --passphrase-file are given; one of them opens the repository.");
        }

        return parse.GetValue(_address) is { } address
                ? new RepositoryAt(ParseAddress("--repository", address), SecretSource.Of(key, passphrase, isNew))
            : (key ?? passphrase) is null ? null
            : throw new UsageException($"{(key is null ? "--passphrase-file" : "--key")} is given without --repository.");
    }

    /// <summary><c>--volume</c> of the verbs for one backup: whose <c>latest</c> is meant.</summary>
    public Option<string?> Volume { get; } =
        new("--volume") { HelpName = "SOURCE", Description = "With --repository and 'latest': of this volume, by its source." };

    /// <exception cref="UsageException">It was given, but no repository.</exception>
    public VolumeName? ReadVolume(ParseResult parse) =>
        parse.GetValue(Volume) is not { } given ? null
        : Find(parse) is not null ? new VolumeName(given)
        : throw new UsageException("--volume goes with --repository and 'latest'; a service's backup is known by its id or name.");

    public RepositoryAt Require(ParseResult parse) => Find(parse) ?? throw Missing();

    /// <summary>A repository that is to be made: its passphrase, where one is asked for, is asked for twice.</summary>
    public RepositoryAt RequireNew(ParseResult parse) => Find(parse, isNew: true) ?? throw Missing();

    private static UsageException Missing() =>
        new("--repository ADDRESS is missing, with --key FILE or --passphrase-file FILE: this verb works on a repository.");

    /// <param name="option">What it was given as.</param>
    /// <exception cref="UsageException">It is no address.</exception>
    public static RepositoryAddress ParseAddress(string option, string given)
    {
        try
        {
            return RepositoryAddress.Parse(given, GivenPath.Full);
        }
        catch (HoldfastException e)
        {
            throw new UsageException($"{option}: {e.Message}");
        }
    }
}
