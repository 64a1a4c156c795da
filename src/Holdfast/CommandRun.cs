using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast;

/// <summary>How a command line is run: parse, act, exit code.</summary>
internal static class CommandRun
{
    /// <param name="program">What the executable is called where it tells how to call it.</param>
    /// <param name="root">Makes the verbs; it may leave out those that the arguments do not ask for.</param>
    public static async Task<int> InvokeAsync(
        string program,
        Func<string[], RootCommand> root,
        string[] args,
        CancellationToken interrupted
    )
    {
        try
        {
            Utf8Arguments.Check(args);
            args = [.. args.SelectMany(ApartWhereEmpty)];
            var verbs = root(args);
            HelpWithExamples.AddTo(program, verbs);
            var parse = verbs.Parse(args);
            if (parse.Action is ParseErrorAction)
            {
                return ReportUsage(program, args, parse);
            }

            CommonOptions.ThrowIfEmpty(parse.CommandResult);

            // Failures and signals are ours to handle: no second handler beside them.
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parse.InvokeAsync(invocation, interrupted);
        }
        catch (Exception e)
        {
            return Failures.Report(e, interrupted);
        }
    }

    /// <summary>The parser would take the word behind <c>--key=</c> for the value.</summary>
    private static string[] ApartWhereEmpty(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) == word.Length - 1
            ? [word[..^1], ""]
            : [word];

    private static int ReportUsage(string program, string[] args, ParseResult parse)
    {
        if (args.Length == 0)
        {
            parse.RootCommandResult.Command.Parse("--help").Invoke(new InvocationConfiguration { Output = Console.Error });
            return ExitCode.WrongUsage;
        }

        foreach (var error in parse.Errors)
        {
            Console.Error.WriteLine($"holdfast: {error.Message}");
        }

        if (Meant(parse) is { Length: > 0 } meant)
        {
            Console.Error.WriteLine($"Did you mean {meant}?");
        }

        Console.Error.WriteLine($"Try '{CommandPath(program, parse.CommandResult)} --help'.");
        return ExitCode.WrongUsage;
    }

    /// <summary>What System.CommandLine takes the first word that it does not know for, with "or" between.</summary>
    private static string Meant(ParseResult parse)
    {
        if (parse.Action is not ParseErrorAction action || parse.UnmatchedTokens is not [var unknown, ..])
        {
            return "";
        }

        // It writes a sentence for each unknown word, then each suggestion on a line of its own; the errors were told above.
        action.ShowHelp = false;
        using var said = new StringWriter();
        parse.Invoke(new InvocationConfiguration { Output = said, Error = TextWriter.Null });
        var lines = said.ToString().Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines is [var sentence, .. var rest] && sentence.Contains($"'{unknown}'", StringComparison.Ordinal)
            ? string.Join(" or ", rest.TakeWhile(line => !line.Contains(' ', StringComparison.Ordinal)).Select(word => $"'{word}'"))
            : "";
    }

    private static string CommandPath(string program, CommandResult result) =>
        result.Parent is CommandResult parent ? $"{CommandPath(program, parent)} {result.Command.Name}" : program;
}
