using System.CommandLine;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Tests.Verbs;

public sealed class EmptyOptionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Each verb is asked with each of its options that take a text, so that a new one cannot be forgotten.</summary>
    [Fact]
    public void No_option_of_any_verb_takes_an_empty_text_but_descriptions()
    {
        var (taken, asked) = (new List<string>(), 0);
        foreach (var (path, command) in Verbs(CommandTree.Root([]), []))
        {
            foreach (var option in command.Options.Where(option => option.ValueType == typeof(string)))
            {
                asked++;
                var parse = CommandTree.Root([]).Parse([.. path, option.Name, ""]);
                if (Record.Exception(() => CommonOptions.ThrowIfEmpty(parse.CommandResult)) is not UsageException refused)
                {
                    taken.Add(option.Name);
                }
                else
                {
                    Assert.StartsWith($"{option.Name} is empty", refused.Message, StringComparison.Ordinal);
                }
            }
        }

        Assert.True(asked > 50, $"only {asked} options were asked");
        Assert.Equal(["--description"], taken.Distinct());
    }

    [Theory]
    [InlineData("repo", "stats", "--repository", "", "--key", "k")]
    [InlineData("repo", "stats", "--repository=", "--key", "k")]
    [InlineData("volume", "add", "n", "")]
    [InlineData("serve", "--config", "")]
    public async Task What_is_empty_is_wrong_usage(params string[] args) =>
        Assert.Equal(ExitCode.WrongUsage, await CommandTree.InvokeAsync(args, Cancel));

    private static IEnumerable<(string[] Path, Command Verb)> Verbs(Command command, string[] path) =>
        command.Subcommands.SelectMany(sub => Verbs(sub, [.. path, sub.Name])).Prepend((path, command));
}
