using System.Text.RegularExpressions;

namespace Holdfast.Server.OpenApi;

/// <summary>
/// The form that an example's text stands for. Times have patterns and not the format <c>date-time</c>, which demands a zone: the contract
/// has four ways to write a time, and clients tell them apart.
/// </summary>
internal static partial class TextForm
{
    public const string Hex = "^[0-9a-f]{32}$";

    public static (string? Format, string? Pattern) Of(string example) =>
        example switch
        {
            _ when Guid.TryParseExact(example, "D", out _) => ("uuid", null),
            _ when Regex.IsMatch(example, Hex) => (null, Hex),
            _ when example.StartsWith("https://", StringComparison.Ordinal) => ("uri", null),
            _ when Time().Match(example) is { Success: true } time => (
                null,
                PatternOf(time.Groups["fraction"].Length, time.Groups["zone"].Length > 0)
            ),
            _ => (null, null),
        };

    private static string PatternOf(int fraction, bool hasZone) =>
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
        + $@"{(fraction > 0 ? $@"\.[0-9]{{{fraction}}}" : "")}{(hasZone ? "Z" : "")}$";

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?<fraction>\d+))?(?<zone>Z?)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Time();
}
