using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.SystemTests.House;

public sealed partial class SourceTests
{
    private const int LongestFile = 400;

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

    private static List<(string File, int Id)> LogIds() =>
        [
            .. from file in RepositoryRoot.Files("*.cs", "src")
            from Match match in LogId().Matches(File.ReadAllText(file))
            select (RepositoryRoot.Relative(file), int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)),
        ];

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex LogId();
}
