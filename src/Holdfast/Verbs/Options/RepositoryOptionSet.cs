using System.CommandLine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary><c>--repository</c> and <c>--key</c>: the verb then works on the repository itself, without a service.</summary>
internal sealed class RepositoryOptionSet
{
    private readonly Option<string?> _address = new("--repository")
    {
        HelpName = "ADDRESS",
        Description = "Work on this repository without a service: a folder, or s3://BUCKET/PREFIX?endpoint=URL.",
    };
    private readonly Option<string?> _key = new("--key") { HelpName = "FILE", Description = "The repository's key file." };

    public void AddTo(Command command)
    {
        command.Options.Add(_address);
        command.Options.Add(_key);
    }

    /// <summary>Null when the verb is meant for a service.</summary>
    public RepositoryAt? Find(ParseResult parse) =>
        (parse.GetValue(_address), parse.GetValue(_key)) switch
        {
            (null, null) => null,
            ({ } address, { } key) => new RepositoryAt(Parse(address), GivenPath.Full(key)),
            (null, _) => throw new UsageException("--key is given without --repository."),
            _ => throw new UsageException("--repository is given without --key, the repository's key file."),
        };

    /// <summary><c>--volume</c> of the verbs for one backup: whose <c>latest</c> is meant.</summary>
    public Option<string?> Volume { get; } =
        new("--volume") { HelpName = "SOURCE", Description = "With --repository and 'latest': of this volume, by its source." };

    /// <exception cref="UsageException">It was given, but no repository.</exception>
    public VolumeName? ReadVolume(ParseResult parse) =>
        parse.GetValue(Volume) is not { } given ? null
        : Find(parse) is not null ? new VolumeName(given)
        : throw new UsageException("--volume goes with --repository and 'latest'; a service's backup is known by its id or name.");

    public RepositoryAt Require(ParseResult parse) =>
        Find(parse) ?? throw new UsageException("--repository ADDRESS and --key FILE are missing: this verb works on a repository.");

    private static RepositoryAddress Parse(string given)
    {
        try
        {
            return RepositoryAddress.Parse(given, GivenPath.Full);
        }
        catch (HoldfastException e)
        {
            throw new UsageException($"--repository: {e.Message}");
        }
    }
}
