using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary>Which policies <c>policy list</c> shows, by tags and name.</summary>
internal sealed class PolicyQuestion
{
    private readonly Dictionary<string, Option<string[]>> _tags = new()
    {
        ["tags"] = Tag("--tag", "With this tag; given several times, with all of them."),
        ["tags_any"] = Tag("--tag-any", "With this tag or another that is given so."),
        ["not_tags"] = Tag("--not-tag", "Without this tag; given several times, without at least one of them."),
        ["not_tags_any"] = Tag("--not-tag-any", "Without this tag; given several times, without any of them."),
    };

    private readonly Option<string?> _name = new("--name") { HelpName = "PART", Description = "With this in the name." };

    private readonly Option<int?> _limit = CommonOptions.Number<int>("--limit", "N", "At most so many (all).");
    private readonly Option<int?> _offset = CommonOptions.Number<int>("--offset", "N", "Skip so many first.");
    private readonly Option<bool> _count = PageOptions.Count();

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[.. _tags.Values, _name, _limit, _offset, _count])
        {
            command.Options.Add(option);
        }
    }

    public bool IsCount(ParseResult parse) => parse.GetValue(_count);

    /// <summary>The question as the API takes it, or null when nothing was asked.</summary>
    public JsonObject? Read(ParseResult parse)
    {
        var (limit, offset) = (parse.GetValue(_limit), parse.GetValue(_offset));
        if (IsCount(parse) && (limit ?? offset) is not null)
        {
            throw new UsageException("--count counts all that match: it does not go with --limit and --offset.");
        }

        var question = new JsonObject { ["action"] = IsCount(parse) ? "count" : "filter" };
        foreach (var (member, value) in (ReadOnlySpan<(string, int?)>)[("limit", limit), ("offset", offset)])
        {
            if (value is { } number)
            {
                question[member] = number;
            }
        }

        AddConditions(question, parse);
        return question.Count > 1 || IsCount(parse) ? question : null;
    }

    private void AddConditions(JsonObject question, ParseResult parse)
    {
        foreach (var (member, option) in _tags)
        {
            if (parse.GetValue(option) is { Length: > 0 } tags)
            {
                question[member] = new JsonArray([
                    .. tags.Select(Split)
                        .GroupBy(tag => tag.Key)
                        .Select(group =>
                            (JsonNode)
                                new JsonObject
                                {
                                    ["key"] = group.Key,
                                    ["values"] = new JsonArray([
                                        .. group.Where(tag => tag.Value is not null).Select(tag => JsonValue.Create(tag.Value)),
                                    ]),
                                }
                        ),
                ]);
            }
        }

        if (parse.GetValue(_name) is { } name)
        {
            question["matches"] = new JsonArray(new JsonObject { ["key"] = "resource_name", ["value"] = name });
        }
    }

    /// <summary>Without a value any value will do.</summary>
    private static (string Key, string? Value) Split(string text) =>
        text.Split('=', 2) is [var key, var value] ? (key, value) : (text, null);

    private static Option<string[]> Tag(string name, string description) =>
        new(name) { HelpName = "KEY[=VALUE]", Description = description };
}
