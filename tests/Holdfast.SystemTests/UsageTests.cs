using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>What scripts rely on: exit codes, and errors as one line on standard error.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_version_is_printed()
    {
        var ended = await RunAsync("--version");

        Assert.Matches(@"^\d+\.\d+\.\d+\n$", ended.Succeeds().Output);
        Assert.Empty(ended.Error);
    }

    /// <summary>Names come from anybody, and a terminal does what it is told.</summary>
    [Fact]
    public async Task A_line_for_people_moves_no_cursor_and_changes_no_colour()
    {
        var ended = await RunAsync("backup", "list", "--repository", _home["\e[31mred\a"], "--key", _home["key"]);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("\ufffd[31mred\ufffd", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(ended.Error.TrimEnd('\n'), char.IsControl);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("policy")]
    [InlineData("volume", "add", "only-a-name")]
    [InlineData("task", "list", "p", "--limit", "many")]
    [InlineData("policy", "create", "p", "--start-time", "01:00", "--frequency", "1", "--week", "MON")]
    [InlineData("policy", "create", "p", "--no-such-option")]
    [InlineData("backup", "create", "--source", "f")]
    [InlineData("backup", "list", "--repository", "r")]
    [InlineData("backup", "list", "--key", "k")]
    [InlineData("repo", "init", "--repository", "r", "--key", "k", "--chunk-size-kib", "63")]
    [InlineData("serve", "--listen", "nowhere")]
    [InlineData("backup", "restore", "b", "--to-volume", "v")]
    [InlineData("backup", "list", "--status", "nonsense")]
    [InlineData("backup", "list", "--count", "--limit", "1")]
    [InlineData("backup", "list", "--repository", "r", "--key", "k", "--status", "available")]
    [InlineData("user", "set", "u", "--enable", "--disable")]
    [InlineData("project", "list", "--mine", "--user", "u")]
    [InlineData("policy", "list", "--count", "--offset", "1")]
    [InlineData("volume", "set", "v", "--property", "novalue")]
    [InlineData("volume", "extend", "v", "0")]
    [InlineData("volume", "reset-status", "v", "--status", "in-use")]
    [InlineData("backup", "reset-status", "b")]
    public async Task Wrong_usage_ends_with_2_and_says_so_on_standard_error(params string[] arguments)
    {
        var ended = await RunAsync(arguments);

        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith("holdfast: ", ended.Error, StringComparison.Ordinal);
        Assert.Empty(ended.Output);
    }

    [Theory]
    [InlineData("'--limit' is a whole number, not 'x'", "task", "list", "p", "--limit", "x")]
    [InlineData("'--limit' is at most 2147483647, not '9999999999'", "task", "list", "p", "--limit", "9999999999")]
    [InlineData("Did you mean 'policy'?", "polciy", "list")]
    [InlineData("Did you mean 'execute'?", "policy", "exceute", "p")]
    [InlineData("confirm with --overwrite", "backup", "restore", "b", "--to-volume", "v")]
    public async Task A_mistake_is_told_in_the_words_of_the_command_line(string told, params string[] arguments) =>
        Assert.Contains(told, (await RunAsync(arguments)).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Without_a_verb_the_verbs_are_shown()
    {
        var ended = await RunAsync();

        Assert.Equal(2, ended.ExitCode);
        Assert.All(
            ["demo", "serve", "volume", "policy", "task", "job", "backup", "repo"],
            verb => Assert.Contains($"  {verb} ", ended.Error, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_verb_without_a_service_to_ask_names_the_variables_that_are_missing()
    {
        var ended = await RunAsync("volume", "list");

        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith(
            "holdfast: OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME not set.",
            ended.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_service_that_is_away_is_a_failure_of_one_line()
    {
        var ended = await RunAsync(
            "volume",
            "list",
            "--os-auth-url",
            "http://127.0.0.1:1/identity/v3",
            "--os-username",
            "u",
            "--os-password",
            "p",
            "--os-project-name",
            "x"
        );

        Assert.Equal(1, ended.ExitCode);
        Assert.StartsWith("holdfast: no answer from http://127.0.0.1:1:", ended.Error, StringComparison.Ordinal);
        Assert.Single(ended.Error.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_repository_that_is_not_there_is_a_failure_that_names_it()
    {
        var ended = await RunAsync("repo", "stats", "--repository", _home["none"], "--key", _home["key"]);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(_home["none"], ended.Error, StringComparison.Ordinal);
    }

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, environment: null, arguments);
}
