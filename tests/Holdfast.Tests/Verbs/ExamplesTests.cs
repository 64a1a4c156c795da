using System.CommandLine;
using System.CommandLine.Parsing;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Tests.Verbs;

public sealed class ExamplesTests
{
    [Fact]
    public void Every_verb_has_an_example_and_there_are_none_of_other_verbs() =>
        Assert.Equal(
            Verbs(CommandTree.Root([])).Order(StringComparer.Ordinal),
            Examples.Verbs.Where(verb => Examples.Find("holdfast", verb).Count > 0).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Every_example_begins_with_its_verb_and_is_taken_by_the_parser()
    {
        var root = CommandTree.Root([]);
        Assert.All(
            Examples.Verbs.SelectMany(verb => Examples.Find("holdfast", verb).Select(example => (verb, example))),
            one => AssertTaken(root, one.verb, one.example)
        );
    }

    [Theory]
    [InlineData("list")]
    [InlineData("check")]
    [InlineData("restore")]
    public void The_verbs_of_rescue_have_examples_that_its_parser_takes(string verb)
    {
        var examples = Examples.Find(RescueProgram.Name, verb);
        Assert.NotEmpty(examples);
        Assert.All(examples, example => AssertTaken(RescueProgram.Root(), verb, example));
    }

    [Theory]
    [InlineData(0, "volume", "list", "--output", "csv")]
    [InlineData(0, "volume", "list", "--json", "--output", "json")]
    [InlineData(0, "volume", "list", "--json=false", "--output", "csv")]
    [InlineData(0, "volume", "show", "v", "--output", "table")]
    [InlineData(1, "volume", "list", "--json", "--output", "csv")]
    [InlineData(1, "volume", "list", "--json", "--output", "table")]
    [InlineData(1, "volume", "list", "--output", "xml")]
    [InlineData(1, "volume", "list", "--output", "CSV")]
    [InlineData(1, "volume", "show", "v", "--output", "csv")]
    public void Forms_that_a_verb_has_are_taken_and_two_that_differ_are_not(int errors, params string[] words) =>
        Assert.Equal(errors, CommandTree.Root(words).Parse(words).Errors.Count);

    [Theory]
    [InlineData("volume list --output ", "csv json table")]
    [InlineData("volume show v --output ", "json table")]
    public void The_forms_that_a_verb_has_are_offered_for_completion(string line, string forms) =>
        Assert.Equal(forms, string.Join(' ', CommandTree.Root(["volume"]).Parse(line).GetCompletions().Select(one => one.Label)));

    /// <summary>A verb that had the one and not the other would be one that was forgotten.</summary>
    [Fact]
    public void Where_json_is_there_is_output() =>
        Assert.All(
            Commands(CommandTree.Root([])),
            verb => Assert.Equal(verb.Options.Any(option => option.Name == "--json"), verb.Options.Any(option => option.Name == "--output"))
        );

    [Fact]
    public async Task Help_ends_with_the_examples_of_the_verb()
    {
        using var output = new StringWriter();
        var root = CommandTree.Root(["volume"]);
        HelpWithExamples.AddTo("holdfast", root);

        var code = await root.Parse(["volume", "list", "--help"])
            .InvokeAsync(new InvocationConfiguration { Output = output }, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Done, code);
        var examples = Examples.Find("holdfast", "volume list").Select(example => $"  holdfast {example}\n");
        Assert.EndsWith($"\nExamples:\n{string.Concat(examples)}\n", output.ToString(), StringComparison.Ordinal);
    }

    private static void AssertTaken(RootCommand root, string verb, string example)
    {
        Assert.StartsWith($"{verb} ", $"{example} ", StringComparison.Ordinal);
        var words = CommandLineParser.SplitCommandLine(WithoutRedirection(example).Replace('\'', '"')).ToArray();
        var parse = root.Parse(words);
        Assert.True(parse.Errors.Count == 0, $"{example}: {string.Join("; ", parse.Errors.Select(error => error.Message))}");
        Assert.Equal(verb, Path(parse.CommandResult));
        CommonOptions.ThrowIfEmpty(parse.CommandResult);
    }

    /// <summary>What is for the shell alone.</summary>
    private static string WithoutRedirection(string example) => example.Split(" > ")[0];

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}".Trim() : "";

    private static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);

    private static IEnumerable<string> Verbs(Command command, string path = "") =>
        command.Subcommands.Count == 0 ? [path] : command.Subcommands.SelectMany(sub => Verbs(sub, $"{path} {sub.Name}".Trim()));
}
