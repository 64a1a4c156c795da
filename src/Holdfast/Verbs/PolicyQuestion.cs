using System.CommandLine;
using System.Text.Json.Nodes;

namespace Holdfast.Verbs;

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

    public void AddTo(Command command)
    {
        foreach (var option in _tags.Values.Append<Option>(_name))
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The question as the API takes it, or null when nothing was asked.</summary>
    public JsonObject? Read(ParseResult parse)
    {
        var question = new JsonObject { ["action"] = "filter" };
        foreach (var (member, option) in _tags)
        {
            if (parse.GetValue(option) is { Length: > 0 } tags)
            {
                question[member] = new JsonArray([.. tags.Select(Split).GroupBy(tag => tag.Key).Select(group => (JsonNode)new JsonObject { ["key"] = group.Key, ["values"] = new JsonArray([.. group.Where(tag => tag.Value is not null).Select(tag => JsonValue.Create(tag.Value))]) })]);
            }
        }

        if (parse.GetValue(_name) is { } name)
        {
            question["matches"] = new JsonArray(new JsonObject { ["key"] = "resource_name", ["value"] = name });
        }

        return question.Count > 1 ? question : null;
    }

    /// <summary>Without a value any value will do.</summary>
    private static (string Key, string? Value) Split(string text) => text.Split('=', 2) is [var key, var value] ? (key, value) : (text, null);

    private static Option<string[]> Tag(string name, string description) => new(name) { HelpName = "KEY[=VALUE]", Description = description };
}
