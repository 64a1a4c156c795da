using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Holdfast;

/// <summary>The help that the parser makes of a verb, and examples of it below.</summary>
internal sealed class HelpWithExamples(string program, HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>Gives the help of all verbs their examples.</summary>
    public static void AddTo(string program, RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = option.Action is HelpAction help ? new HelpWithExamples(program, help) : option.Action;
        }
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        if (Examples.Find(program, Verb(parseResult.CommandResult)) is { Count: > 0 } examples)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in examples)
            {
                output.WriteLine($"  {program} {example}");
            }

            output.WriteLine();
        }

        return code;
    }

    private static string Verb(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Verb(parent)} {command.Command.Name}".TrimStart() : "";
}
