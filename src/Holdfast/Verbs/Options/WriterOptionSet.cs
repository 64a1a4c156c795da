using System.CommandLine;
using Holdfast.Offline;

namespace Holdfast.Verbs.Options;

/// <summary>What a verb that writes without a service is told about other writers.</summary>
internal sealed class WriterOptionSet
{
    private readonly Option<bool> _force = new("--force-owned")
    {
        Description = "Write even though a service owns the repository. Only when that service is gone for good.",
    };
    private readonly Option<bool> _alone = new("--alone")
    {
        Description = "In an object store that cannot keep writers apart: nobody else writes there until this has ended.",
    };
    private readonly Option<string?> _break = new("--break-lock")
    {
        HelpName = "ID",
        Description = "In an object store: the writer of this id is gone for good; take its lock away.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_force);
        command.Options.Add(_alone);
        command.Options.Add(_break);
    }

    public WriterTerms Read(ParseResult parse) => new(parse.GetValue(_force), parse.GetValue(_alone), parse.GetValue(_break));
}
