using System.Text.Json;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests.Http;

/// <summary>What the contract says of every refusal, whoever makes it: written here once more, so that the server's own rule is not
/// compared with itself.</summary>
internal static partial class Refusals
{
    /// <summary>The answer is no failure of ours, names nothing internal, and has the body of the path's family where it is a
    /// refusal.</summary>
    /// <param name="path">As it was sent. Null where it cannot be read, which has the native body.</param>
    public static void Check(int status, string method, string? path, string text, string dataFolder, string request)
    {
        Assert.True(status is >= 200 and < 500, $"{status} {text} for {request}");
        var told = Source().Replace(text, "");
        Assert.False(
            Internal().IsMatch(told) || told.Contains(dataFolder, StringComparison.Ordinal),
            $"{Around(told, dataFolder)} names an internal thing, for {request}"
        );
        if (status < 400 || method == "HEAD")
        {
            return;
        }

        var error = JsonDocument.Parse(text).RootElement.EnumerateObject().Single();
        Assert.NotEmpty(error.Value.GetProperty("message").GetString() ?? "");
        var code = error.Value.GetProperty("code");
        var isDotted =
            path is not null && (path.Contains("..", StringComparison.Ordinal) || path.Contains("%2e", StringComparison.OrdinalIgnoreCase));
        if (isDotted)
        {
            // Dots are taken out of a path before anybody looks at it: another family may be left.
            return;
        }

        var asExpected =
            path is null ? IsNative()
            : Identity().IsMatch(path) ? error.Name == "error" && IsStatus() && error.Value.TryGetProperty("title", out _)
            : Policy().IsMatch(path) ? HasCode("AutoBackup.")
            : Backup().IsMatch(path) ? HasCode("VolumeBackup.", "common.")
            : IsNative();
        Assert.True(asExpected, $"{text} is not of the family of its path, for {request}");

        bool IsStatus() => code.ValueKind == JsonValueKind.Number && code.GetInt32() == status;
        bool IsNative() => error.Name != "error" && IsStatus();
        bool HasCode(params string[] begins) =>
            error.Name == "error"
            && code.ValueKind == JsonValueKind.String
            && begins.Any(begin => code.GetString()?.StartsWith(begin, StringComparison.Ordinal) == true);
    }

    private static string Around(string text, string dataFolder)
    {
        var at = Math.Max(
            Internal().Match(text) is { Success: true } match ? match.Index : text.IndexOf(dataFolder, StringComparison.Ordinal),
            0
        );
        return text[Math.Max(at - 200, 0)..Math.Min(at + 200, text.Length)];
    }

    /// <summary>Where a volume is, which is a member of its own: volumes that the service made are in its folder.</summary>
    [GeneratedRegex("\"holdfast:source\":\"[^\"]*\"")]
    private static partial Regex Source();

    [GeneratedRegex(
        @"Exception|   at |Holdfast\.|Microsoft\.|System\.|[Ss][Qq][Ll]ite|Npgsql|"
            + @"catalog\.db|repository\.key|SELECT |password_hash|Dapper|\bPID\b|[Pp]rocess \d"
    )]
    private static partial Regex Internal();

    [GeneratedRegex("^/(identity|v3/auth)(/|$|\\?)", RegexOptions.IgnoreCase)]
    private static partial Regex Identity();

    [GeneratedRegex("^/v[123]/[^/?]+/backuppolicy(resources)?(/|$|\\?)", RegexOptions.IgnoreCase)]
    private static partial Regex Policy();

    [GeneratedRegex("^/v[123]/[^/?]+/(cloudbackups|jobs)(/|$|\\?)", RegexOptions.IgnoreCase)]
    private static partial Regex Backup();
}
