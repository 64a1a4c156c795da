using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs;
using Holdfast.Verbs.Backups;
using Holdfast.Verbs.Drills;
using Holdfast.Verbs.Jobs;
using Holdfast.Verbs.Keys;
using Holdfast.Verbs.Limits;
using Holdfast.Verbs.Options;
using Holdfast.Verbs.Policies;
using Holdfast.Verbs.Projects;
using Holdfast.Verbs.Quotas;
using Holdfast.Verbs.Repositories;
using Holdfast.Verbs.Sessions;
using Holdfast.Verbs.Shares;
using Holdfast.Verbs.Status;
using Holdfast.Verbs.Tasks;
using Holdfast.Verbs.Tokens;
using Holdfast.Verbs.Users;
using Holdfast.Verbs.Volumes;

namespace Holdfast;

/// <summary>The verbs by group, and how a command line is run: parse, act, exit code.</summary>
internal static class CommandTree
{
    private static readonly (string Name, Func<Command> Make)[] Groups =
    [
        ("demo", DemoVerb.Make),
        ("serve", ServeVerb.Make),
        ("login", LoginVerb.MakeLogin),
        ("logout", LoginVerb.MakeLogout),
        ("status", StatusVerb.Make),
        ("volume", VolumeGroup.Make),
        ("policy", PolicyGroup.Make),
        ("task", TaskGroup.Make),
        ("job", JobGroup.Make),
        ("backup", BackupGroup.Make),
        ("drill", DrillGroup.Make),
        ("share", ShareGroup.Make),
        ("quota", QuotaGroup.Make),
        ("limit", LimitGroup.Make),
        ("repo", RepoGroup.Make),
        ("user", UserGroup.Make),
        ("project", ProjectGroup.Make),
        ("role", RoleGroup.Make),
        ("key", KeyGroup.Make),
        ("token", TokenGroup.Make),
        ("completion", CompletionVerb.Make),
    ];

    public static async Task<int> InvokeAsync(string[] args, CancellationToken interrupted)
    {
        try
        {
            Utf8Arguments.Check(args);
            args = [.. args.SelectMany(ApartWhereEmpty)];
            var parse = Root(args).Parse(args);
            if (parse.Action is ParseErrorAction)
            {
                return ReportUsage(args, parse);
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

    /// <summary>Only the group that is asked for is made: the others cost start-up time and nothing else.</summary>
    internal static RootCommand Root(string[] args)
    {
        var root = new RootCommand(
            "Holdfast protects volumes: backups on a schedule, kept as long as you say, restorable byte for byte. Exit codes: 0 done, 1 "
                + "failed, 2 wrong usage, 130 interrupted."
        );
        var asked = Array.FindIndex(Groups, group => args.Length > 0 && group.Name == args[0]);
        foreach (var (_, make) in asked >= 0 ? Groups.AsSpan(asked, 1) : Groups)
        {
            root.Subcommands.Add(make());
        }

        return root;
    }

    /// <summary>The parser would take the word behind <c>--key=</c> for the value.</summary>
    private static string[] ApartWhereEmpty(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) == word.Length - 1
            ? [word[..^1], ""]
            : [word];

    private static int ReportUsage(string[] args, ParseResult parse)
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

        Console.Error.WriteLine($"Try '{CommandPath(parse.CommandResult)} --help'.");
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

    private static string CommandPath(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{CommandPath(parent)} {result.Command.Name}" : "holdfast";
}
