using System.CommandLine;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests.House;

public sealed partial class DocumentTests
{
    [Fact]
    public void Every_path_that_a_document_names_exists()
    {
        var dead =
            from document in Documents()
            from Match match in NamedPath().Matches(File.ReadAllText(document))
            let path = match.Groups[1].Value.TrimEnd('.', '/')
            where !path.Contains('*') && !Exists(path)
            select $"{RepositoryRoot.Relative(document)}: {path}";

        Assert.Empty(dead);
    }

    [Fact]
    public void Every_link_between_documents_leads_somewhere()
    {
        var dead =
            from document in Documents()
            from Match match in Link().Matches(File.ReadAllText(document))
            let target = Path.Combine(Path.GetDirectoryName(document) ?? "", match.Groups[1].Value)
            where !File.Exists(target) && !Directory.Exists(target)
            select $"{RepositoryRoot.Relative(document)}: {match.Groups[1].Value}";

        Assert.Empty(dead);
    }

    [Fact]
    public void Every_verb_is_in_the_list_of_verbs_and_none_else()
    {
        var list = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "verbs.md"));
        var listed = Verb().Matches(list).Select(row => row.Groups[1].Value);

        Assert.Equal(Verbs().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_verb_that_a_document_shows_exists()
    {
        var verbs = Verbs().ToList();
        var unknown =
            from document in Documents()
            where !RepositoryRoot.Relative(document).StartsWith("docs/decisions/", StringComparison.Ordinal)
            from Match shown in ShownVerb().Matches(File.ReadAllText(document))
            let words = shown.Groups[1].Value
            where !verbs.Any(verb => IsBelow(words, verb) || IsBelow(verb, words))
            select $"{RepositoryRoot.Relative(document)}: holdfast {words}";

        Assert.Empty(unknown);
    }

    [Fact]
    public void No_committed_file_names_a_path_of_the_machine_it_was_written_on()
    {
        var files = RepositoryRoot.Files("*", "src", "tests", "docs", "bench", ".ci").Concat(Directory.EnumerateFiles(RepositoryRoot.Path));

        Assert.Empty(files.Where(file => !Binary(file) && MachinePath().IsMatch(File.ReadAllText(file))).Select(RepositoryRoot.Relative));
    }

    private static IEnumerable<string> Verbs() => Below(CommandTree.Root([]), "");

    private static IEnumerable<string> Below(Command command, string path) =>
        command.Subcommands.Count == 0
            ? [path]
            : command.Subcommands.Where(verb => !verb.Hidden).SelectMany(verb => Below(verb, $"{path} {verb.Name}".TrimStart()));

    /// <summary>The same, or with more words: a group alone is named in texts (<c>holdfast policy</c>), and verbs with operands.</summary>
    private static bool IsBelow(string words, string verb) => $"{words} ".StartsWith($"{verb} ", StringComparison.Ordinal);

    private static IEnumerable<string> Documents() =>
        RepositoryRoot.Files("*.md", "docs", "bench").Concat(Directory.EnumerateFiles(RepositoryRoot.Path, "*.md"));

    private static bool Exists(string path)
    {
        var full = Path.Combine(RepositoryRoot.Path, path);
        return File.Exists(full) || Directory.Exists(full);
    }

    private static bool Binary(string file) => Path.GetExtension(file) is ".png" or ".bin" or ".pack" or ".db" or ".git";

    [GeneratedRegex(@"`((?:src|tests|docs|bench|fuzz|\.ci)/[A-Za-z0-9_./*-]+)`")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")]
    private static partial Regex Link();

    /// <summary>A row of the list: the words before the operands.</summary>
    [GeneratedRegex(@"^\| `holdfast ([a-z-]+(?: [a-z-]+)*)(?=[` ])", RegexOptions.Multiline)]
    private static partial Regex Verb();

    /// <summary>As code, or behind a prompt.</summary>
    [GeneratedRegex(@"(?:`|^\s*[$#] )holdfast ([a-z]+(?: [a-z]+)?)(?=[`\s])", RegexOptions.Multiline)]
    private static partial Regex ShownVerb();

    // Not after a letter, '$', '.' or '-': bench/work/ and $work/ are ours.
    [GeneratedRegex(@"(?<![A-Za-z0-9_$.})\-])/(?:work|root)/(?!\*)")]
    private static partial Regex MachinePath();
}
