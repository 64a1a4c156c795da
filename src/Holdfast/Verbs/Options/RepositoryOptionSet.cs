using System.CommandLine;
using Holdfast.Offline;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary><c>--repository</c> and <c>--key</c>: the verb then works on the repository itself, without a service.</summary>
internal sealed class RepositoryOptionSet
{
    private readonly Option<string?> _folder = new("--repository")
    {
        HelpName = "DIR",
        Description = "Work on this repository without a service.",
    };
    private readonly Option<string?> _key = new("--key") { HelpName = "FILE", Description = "The repository's key file." };

    public void AddTo(Command command)
    {
        command.Options.Add(_folder);
        command.Options.Add(_key);
    }

    /// <summary>Null when the verb is meant for a service.</summary>
    public RepositoryAt? Find(ParseResult parse) =>
        (parse.GetValue(_folder), parse.GetValue(_key)) switch
        {
            (null, null) => null,
            ({ } folder, { } key) => new RepositoryAt(GivenPath.Full(folder), GivenPath.Full(key)),
            (null, _) => throw new UsageException("--key is given without --repository."),
            _ => throw new UsageException("--repository is given without --key, the repository's key file."),
        };

    public RepositoryAt Require(ParseResult parse) =>
        Find(parse) ?? throw new UsageException("--repository DIR and --key FILE are missing: this verb works on a repository.");
}
