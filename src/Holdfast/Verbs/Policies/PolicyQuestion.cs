using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary>Which policies <c>policy list</c> shows, by tags and name.</summary>
internal sealed class PolicyQuestion
{
    private readonly Option<string[]> _tags = Tag("--tag", "With this tag; given several times, with all of them.");
    private readonly Option<string[]> _tagsAny = Tag("--tag-any", "With this tag or another that is given so.");
    private readonly Option<string[]> _notTags = Tag("--not-tag", "Without this tag; given several times, without at least one of them.");
    private readonly Option<string[]> _notTagsAny = Tag("--not-tag-any", "Without this tag; given several times, without any of them.");
    private readonly Option<string?> _name = new("--name") { HelpName = "PART", Description = "With this in the name." };

    private readonly Option<int?> _limit = CommonOptions.Number<int>("--limit", "N", "At most so many (all).");
    private readonly Option<int?> _offset = CommonOptions.Number<int>("--offset", "N", "Skip so many first.");
    private readonly Option<bool> _count = PageOptions.Count();

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_tags, _tagsAny, _notTags, _notTagsAny, _name, _limit, _offset, _count])
        {
            command.Options.Add(option);
        }
    }

    private bool IsCount(ParseResult parse) => parse.GetValue(_count);

    /// <summary>The question as the API takes it, or null when nothing was asked.</summary>
    public PoliciesRequest? Read(ParseResult parse)
    {
        var (limit, offset) = (parse.GetValue(_limit), parse.GetValue(_offset));
        if (IsCount(parse) && (limit ?? offset) is not null)
        {
            throw new UsageException("--count counts all that match: it does not go with --limit and --offset.");
        }

        var nothing = new PoliciesRequest { Action = IsCount(parse) ? "count" : "filter" };
        var question = nothing with
        {
            Limit = limit,
            Offset = offset,
            Tags = Conditions(parse.GetValue(_tags)),
            TagsAny = Conditions(parse.GetValue(_tagsAny)),
            NotTags = Conditions(parse.GetValue(_notTags)),
            NotTagsAny = Conditions(parse.GetValue(_notTagsAny)),
            Matches = parse.GetValue(_name) is { } name ? [new TagRequest("resource_name", name)] : null,
        };
        return question != nothing || IsCount(parse) ? question : null;
    }

    private static IReadOnlyList<TagCondition>? Conditions(string[]? tags) =>
        tags is not { Length: > 0 }
            ? null
            :
            [
                .. tags.Select(Split)
                    .GroupBy(tag => tag.Key)
                    .Select(group => new TagCondition(group.Key, [.. group.Select(tag => tag.Value).OfType<string>()])),
            ];

    /// <summary>Without a value any value will do.</summary>
    private static (string Key, string? Value) Split(string text) =>
        text.Split('=', 2) is [var key, var value] ? (key, value) : (text, null);

    private static Option<string[]> Tag(string name, string description) =>
        new(name) { HelpName = "KEY[=VALUE]", Description = description };
}
