using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary><c>policy tag add|remove|list</c>.</summary>
internal static class PolicyTag
{
    /// <summary>Of <c>--output csv</c>.</summary>
    private static readonly string[] Fields = ["key", "value"];
    private static readonly string[] FieldsOfAll = ["key", "values"];

    public static Command Make(ServerOptions server) =>
        new("tag", "The tags of policies. A policy's tags go to the backups that it makes from then on.")
        {
            MakeAdd(server),
            MakeRemove(server),
            MakeList(server),
        };

    private static Command MakeAdd(ServerOptions server)
    {
        var (which, tags) = (
            CommonOptions.Policy(),
            new Argument<string[]>("KEY=VALUE")
            {
                Description = "Tags; the value of a key that is there already is replaced.",
                Arity = ArgumentArity.OneOrMore,
            }
        );
        var output = OutputOptions.OfObject();
        var command = new Command("add", "Give a policy tags, all of them or none. With --json all its tags are printed.")
        {
            which,
            tags,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var given = CommonOptions.ReadTags(parse.GetRequiredValue(tags));
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                await api.Backups.ChangeTagsAsync(policy.Id, "create", given, cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.WriteElements(await api.Backups.ListTagsAsync(policy.Id, cancel));
                    return;
                }

                Console.WriteLine(
                    $"Policy '{policy.Name}' has {given.Count} tag{(given.Count == 1 ? "" : "s")} more, or with another value."
                );
            }
        );
        return command;
    }

    private static Command MakeRemove(ServerOptions server)
    {
        var (which, keys) = (
            CommonOptions.Policy(),
            new Argument<string[]>("KEY") { Description = "Keys of tags.", Arity = ArgumentArity.OneOrMore }
        );
        var command = new Command("remove", "Take tags from a policy. What it does not have is passed over.") { which, keys };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = await api.FindPolicyAsync(parse.GetRequiredValue(which), cancel);
                await api.Backups.ChangeTagsAsync(
                    policy.Id,
                    "delete",
                    [.. parse.GetRequiredValue(keys).Select(key => new TagRequest(key))],
                    cancel
                );
                var gone = parse.GetRequiredValue(keys);
                Console.WriteLine(
                    $"Policy '{policy.Name}' no longer has tags of the key{(gone.Length == 1 ? "" : "s")} {string.Join(", ", gone)}."
                );
            }
        );
        return command;
    }

    private static Command MakeList(ServerOptions server)
    {
        var which = new Argument<string?>("POLICY")
        {
            Description = "Name or id of a policy; without it the tags of all.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the tags of a policy, or of all policies.") { which, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var policy = parse.GetValue(which) is { } name ? (await api.FindPolicyAsync(name, cancel)).Id : null;
                var tags = await api.Backups.ListTagsAsync(policy, cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(tags, policy is null ? FieldsOfAll : Fields))
                {
                    return;
                }

                Tables.Print(
                    ["Key", "Value"],
                    from tag in tags
                    from value in policy is null ? tag.Elements("values").Select(one => one.GetString()) : [tag.Text("value")]
                    select new[] { Tables.Plain(tag.Text("key")), Tables.Plain(value) },
                    how
                );
            }
        );
        return command;
    }
}
