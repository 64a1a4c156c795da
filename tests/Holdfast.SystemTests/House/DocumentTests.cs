using System.Text.RegularExpressions;

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
    public void No_committed_file_names_a_path_of_the_machine_it_was_written_on()
    {
        var files = RepositoryRoot.Files("*", "src", "tests", "docs", "bench", ".ci").Concat(Directory.EnumerateFiles(RepositoryRoot.Path));

        Assert.Empty(files.Where(file => !Binary(file) && MachinePath().IsMatch(File.ReadAllText(file))).Select(RepositoryRoot.Relative));
    }

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

    // Not after a letter, '$', '.' or '-': bench/work/ and $work/ are ours.
    [GeneratedRegex(@"(?<![A-Za-z0-9_$.})\-])/(?:work|root)/(?!\*)")]
    private static partial Regex MachinePath();
}
