using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

/// <summary>Which backups of a service <c>backup list</c> shows.</summary>
internal sealed class BackupListOptions
{
    private static readonly string[] States =
    [
        "available",
        "creating",
        "restoring",
        "deleting",
        "error",
        "error_deleting",
    ];

    private readonly Option<string?> _status = new("--status")
    {
        HelpName = "STATUS",
        Description = $"Only {string.Join(", ", States[..^1])} or {States[^1]}.",
    };
    private readonly Option<string?> _name = new("--name") { HelpName = "NAME", Description = "Only backups of exactly this name." };
    private readonly Option<string?> _nameLike = new("--name-like") { HelpName = "PART", Description = "Only with this in the name." };
    private readonly Option<string?> _statusLike = new("--status-like")
    {
        HelpName = "PART",
        Description = "Only with this in the status.",
    };
    private readonly Option<string?> _volumeLike = new("--volume-like")
    {
        HelpName = "PART",
        Description = "Only with this in the volume's id.",
    };

    public PageOptions Page { get; } = new("name, status, size, volume_id, id, created_at, updated_at", hasMarker: true);

    public Option<bool> Count { get; } = PageOptions.Count();

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _status, _name, _nameLike, _statusLike, _volumeLike, Count })
        {
            command.Options.Add(option);
        }

        Page.AddTo(command);
    }

    public ListRequest Read(ParseResult parse, string? volumeId) =>
        Page.Read(
            parse,
            ("volume_id", volumeId),
            ("status", ReadState(parse.GetValue(_status))),
            ("name", parse.GetValue(_name)),
            ("name~", parse.GetValue(_nameLike)),
            ("status~", parse.GetValue(_statusLike)?.ToLowerInvariant()),
            ("volume_id~", parse.GetValue(_volumeLike)?.ToLowerInvariant())
        );

    /// <summary>What cannot be meant is refused before anybody is asked.</summary>
    public void Check(ParseResult parse)
    {
        _ = ReadState(parse.GetValue(_status));
        if (parse.GetValue(Count))
        {
            Page.ThrowIfGiven(parse);
        }
    }

    /// <summary>A repository without a service knows none of them.</summary>
    public void ThrowIfGiven(ParseResult parse)
    {
        var asked = Read(parse, volumeId: null);
        if (
            asked.Filters.Any(filter => filter.Value is not null)
            || parse.GetValue(Count)
            || asked is not { Sort: null, Limit: null, Offset: null, Marker: null }
        )
        {
            throw new UsageException(
                "with --repository the list has all backups, or those of --volume; the other filters, --sort, --limit, --offset, "
                    + "--marker and --count need a service."
            );
        }
    }

    /// <summary>The service finds nothing for a state that there is not, which would look like an answer.</summary>
    internal static string? ReadState(string? given) =>
        given?.ToLowerInvariant() is not { } state ? null
        : States.Contains(state) ? state
        : throw new UsageException($"'{given}' is no state of a backup; there are {string.Join(", ", States)}.");
}
