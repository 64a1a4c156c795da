using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests.House;

public sealed partial class SourceTests
{
    private const int LongestFile = 400;
    private const int LongestLine = 140;
    private static readonly string[] Wrapped = [".cs", ".sh", ".sql", ".py", ".csproj", ".props", ".md"];

    /// <summary>Bands of log ids by project, Control's by folder.</summary>
    private static readonly (string Folder, int From, int To)[] Bands =
    [
        ("src/Holdfast.Nbd/", 1000, 1999),
        ("src/Holdfast.Engine/", 2000, 2999),
        ("src/Holdfast.Control/", 3000, 4999),
        ("src/Holdfast.Server/", 5000, 5999),
        ("src/Holdfast/", 6000, 6999),
    ];

    [Fact]
    public void No_source_file_is_longer_than_can_be_read_in_one_sitting()
    {
        var files = RepositoryRoot.Files("*.cs", "src").ToList();

        Assert.NotEmpty(files);
        Assert.Empty(files.Where(file => File.ReadLines(file).Count() > LongestFile).Select(RepositoryRoot.Relative));
    }

    [Fact]
    public void Lines_end_at_140_columns()
    {
        var files = RepositoryRoot
            .Files("*", "src", "tests", "docs", "bench", ".ci")
            .Concat(Directory.EnumerateFiles(RepositoryRoot.Path))
            .Where(file => Wrapped.Contains(Path.GetExtension(file)) || IsScript(file))
            .ToList();
        var tooLong = files.SelectMany(file => LongLines(file).Select(line => $"{RepositoryRoot.Relative(file)}:{line}")).ToList();

        Assert.NotEmpty(files);
        Assert.True(tooLong.Count == 0, $"{tooLong.Count} lines are longer than {LongestLine} columns:\n{string.Join('\n', tooLong)}");
    }

    /// <summary>What is generated for one throws now and then: docs/decisions/0041-verbs-ahead-of-time.md.</summary>
    [Fact]
    public void No_array_of_texts_is_handed_to_native_code()
    {
        var declared = RepositoryRoot
            .Files("*.cs", "src")
            .SelectMany(file => NativeDeclaration().Matches(File.ReadAllText(file)))
            .Select(one => one.Value)
            .ToList();

        Assert.NotEmpty(declared);
        Assert.DoesNotContain(declared, one => ArrayOfTexts().IsMatch(one));
    }

    [Fact]
    public void Log_ids_are_unique() =>
        Assert.Empty(
            LogIds()
                .GroupBy(log => log.Id)
                .Where(ids => ids.Count() > 1)
                .Select(ids => $"{ids.Key}: {string.Join(", ", ids.Select(log => log.File).Distinct())}")
        );

    [Fact]
    public void Log_ids_are_in_the_band_of_their_room()
    {
        var stray =
            from log in LogIds()
            where !Bands.Any(band => log.File.StartsWith(band.Folder, StringComparison.Ordinal) && log.Id >= band.From && log.Id <= band.To)
            select $"{log.File}: {log.Id}";

        Assert.Empty(stray);
    }

    /// <summary>
    /// Numbers of the lines that are too long and could be broken. Rows of tables and fenced text in Markdown cannot, nor lines that are
    /// one link; nor can a raw string literal that stands on one line: a line feed in it would be part of the text.
    /// </summary>
    private static IEnumerable<int> LongLines(string file)
    {
        var isText = Path.GetExtension(file) == ".md";
        var isFenced = false;
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            isFenced ^= isText && line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            var mayBeLong = isText
                ? isFenced || line.StartsWith('|') || LinkOnly().IsMatch(line)
                : line.Split("\"\"\"").Length > 2;
            if (line.Length > LongestLine && !mayBeLong && line.EnumerateRunes().Count() > LongestLine)
            {
                yield return number;
            }
        }
    }

    private static bool IsScript(string file) =>
        Path.GetExtension(file).Length == 0 && File.ReadLines(file).FirstOrDefault()?.StartsWith("#!", StringComparison.Ordinal) == true;

    private static List<(string File, int Id)> LogIds() =>
        [
            .. from file in RepositoryRoot.Files("*.cs", "src")
            from Match match in LogId().Matches(File.ReadAllText(file))
            select (RepositoryRoot.Relative(file), int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)),
        ];

    [GeneratedRegex(@"^\s*(?:[*-] |\d+\. )?(?:\[[^\]]*\]\([^)\s]+\)|<?https?://\S+)[.,;]?$")]
    private static partial Regex LinkOnly();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex LogId();

    /// <summary>From the attribute to the end of the declaration under it.</summary>
    [GeneratedRegex(@"\[LibraryImport\([^;]*;")]
    private static partial Regex NativeDeclaration();

    [GeneratedRegex(@"\bstring\??\[\]")]
    private static partial Regex ArrayOfTexts();
}
