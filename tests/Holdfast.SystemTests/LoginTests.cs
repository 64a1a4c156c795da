using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>Logged in once, a person needs no variables; and what is kept is nobody else's to read.</summary>
public sealed class LoginTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_login_is_kept_for_its_user_alone_serves_later_verbs_and_ends()
    {
        using var service = await RunningService.StartAsync(_home);
        Assert.Contains("holdfast login", (await RunAsync("volume", "list")).Error, StringComparison.Ordinal);
        _home.File("password", "wrong password"u8.ToArray());
        Assert.Equal(1, (await LogInAsync(service)).ExitCode);
        _home.File("password", "correct horse battery staple"u8.ToArray());

        Assert.Contains("as admin, project default", (await LogInAsync(service)).Succeeds().Output, StringComparison.Ordinal);
        var file = _home[".config/holdfast/login.json"];
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain(
            RunningService.Password,
            await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        (await RunAsync("volume", "list")).Succeeds();
        var other = await RunAsync("volume", "list", "--os-project-name", "other");
        Assert.Contains("is for project 'default'", other.Error, StringComparison.Ordinal);

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("others may read it", (await RunAsync("volume", "list")).Error, StringComparison.Ordinal);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var copy = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        (await RunAsync("logout")).Succeeds();
        Assert.False(File.Exists(file));
        await File.WriteAllBytesAsync(file, copy, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var ended = await RunAsync("volume", "list");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("has ended. 'holdfast login' again", ended.Error, StringComparison.Ordinal);
        (await RunAsync("logout")).Succeeds();
        Assert.Contains("Nobody is logged in", (await RunAsync("logout")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("holdfast vol", "volume")]
    [InlineData("holdfast volume li", "list")]
    [InlineData("holdfast policy create p --keep-c", "--keep-count")]
    [InlineData("holdfast completion ", "zsh")]
    public async Task A_shell_is_told_what_may_follow(string line, string word)
    {
        var words = (await RunAsync($"[suggest:{line.Length}]", line)).Succeeds().Output.Split('\n');

        Assert.Contains(word, words);
    }

    /// <summary>As bash itself completes: the function is called as it would be when the key is pressed.</summary>
    [Fact]
    public async Task Bash_completes_a_word()
    {
        const string Line = """
            PATH="$(dirname "$H"):$PATH"; source <("$H" completion bash)
            COMP_LINE='holdfast volume li'; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(holdfast volume li); COMP_CWORD=2
            _holdfast; echo "${COMPREPLY[@]}"
            """;
        Assert.Equal("list", (await HoldfastProcess.ShellAsync(_home.FullPath, Line)).Succeeds().Output.Trim());
    }

    private Task<HoldfastProcess.Ended> LogInAsync(RunningService service) =>
        RunAsync(
            "login",
            "--os-auth-url",
            service.Identity.ToString(),
            "--os-username",
            "admin",
            "--os-project-name",
            "default",
            "--password-file",
            _home["password"]
        );

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, environment: null, arguments);
}
