using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>The keys of a repository by the command line, without a service.</summary>
public sealed partial class OfflineKeyTests : IDisposable
{
    private readonly TempFolder _home = new();

    private string Repository => _home["repo"];

    private string Key => _home["repo.key"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_passphrase_is_added_and_opens_where_there_is_no_key_file()
    {
        await InitAsync("--key", Key);
        var options = new[] { "--key", Key, "--new-passphrase-file", Passphrase("p"), "--label", "ann", "--json" };
        var added = (await KeyAsync("add", options)).Succeeds();
        File.Delete(Key);

        var listed = (await KeyAsync("list", ["--passphrase-file", _home["p"], "--json"])).Succeeds().Json;

        Assert.Equal(
            [("first", "key-file", false), ("ann", "passphrase", true)],
            listed
                .EnumerateArray()
                .Select(key =>
                    (
                        key.GetProperty("label").GetString() ?? "",
                        key.GetProperty("kind").GetString() ?? "",
                        key.GetProperty("used").GetBoolean()
                    )
                )
        );
        Assert.Equal(added.Json.GetProperty("id").GetString(), listed[1].GetProperty("id").GetString());
        (await RunAsync("backup", "list", "--passphrase-file", _home["p"])).Succeeds();
    }

    [Fact]
    public async Task A_repository_is_made_with_a_passphrase_and_a_wrong_one_is_refused()
    {
        await InitAsync("--passphrase-file", Passphrase("p"));
        _home.File("wrong", "another one\n"u8.ToArray());

        (await RunAsync("repo", "stats", "--passphrase-file", _home["p"])).Succeeds();
        var wrong = await RunAsync("repo", "stats", "--passphrase-file", _home["wrong"]);

        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("The passphrase does not open", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_removed_by_the_beginning_of_its_id_and_the_last_one_stays()
    {
        await InitAsync("--key", Key);
        var first = (await ListAsync("--key", Key)).Single();
        (await KeyAsync("add", ["--key", Key, "--new-key", _home["second.key"]])).Succeeds();

        (await KeyAsync("remove", [first[..6], "--key", _home["second.key"]])).Succeeds();
        var old = await KeyAsync("list", ["--key", Key]);
        var second = (await ListAsync("--key", _home["second.key"])).Single();
        var last = await KeyAsync("remove", [second, "--key", _home["second.key"]]);
        var none = await KeyAsync("remove", [first, "--key", _home["second.key"]]);

        Assert.Equal((1, 1, 1), (old.ExitCode, last.ExitCode, none.ExitCode));
        Assert.Contains("last one", last.Error, StringComparison.Ordinal);
        Assert.Contains($"there is no key '{first}'", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passphrase_is_changed()
    {
        await InitAsync("--passphrase-file", Passphrase("old"));
        _home.File("new", "brand new words\n"u8.ToArray());
        var change = new[] { "--passphrase-file", _home["old"], "--new-passphrase-file", _home["new"] };

        (await KeyAsync("change", change)).Succeeds();

        Assert.Single(await ListAsync("--passphrase-file", _home["new"]));
        Assert.Equal(1, (await KeyAsync("list", ["--passphrase-file", _home["old"]])).ExitCode);
    }

    [Fact]
    public async Task A_printed_kit_that_is_typed_again_opens_the_repository_and_a_mistake_is_told_by_its_line()
    {
        await InitAsync("--key", Key);
        var page = (await KeyAsync("kit", ["--key", Key])).Succeeds().Output;
        Assert.Contains((await ListAsync("--key", Key)).Single(), page, StringComparison.Ordinal);
        Assert.True(page.Split('\n').All(line => line.Length <= Math.Max(80, 20 + Repository.Length)), page);
        var lines = KitLine().Matches(page).Select(match => match.Value.Trim()).ToList();
        Assert.Equal(6, lines.Count);

        var typed = _home.File("typed", Encoding.ASCII.GetBytes(string.Join("\n", lines)));
        var whole = _home.File("whole", Encoding.UTF8.GetBytes(page));
        lines[3] = lines[3][..^1] + (lines[3][^1] == 'x' ? 'y' : 'x');
        var mistyped = _home.File("mistyped", Encoding.ASCII.GetBytes(string.Join("\n", lines)));
        File.Delete(Key);

        (await RunAsync("repo", "stats", "--key", typed)).Succeeds();
        (await RunAsync("repo", "stats", "--key", whole)).Succeeds();
        var refused = await RunAsync("repo", "stats", "--key", mistyped);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("line 4 has a mistake", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--repository is given without", "repo", "key", "list", "--repository", "r")]
    [InlineData("one of them opens", "repo", "key", "list", "--repository", "r", "--key", "k", "--passphrase-file", "p")]
    [InlineData("no new key", "repo", "key", "add", "--repository", "r", "--key", "k")]
    [InlineData("the new key is one of them", "repo", "key", "add", "--repository", "r", "--key", "k", "--new-key", "n",
        "--new-passphrase-file", "p")]
    [InlineData("a kit is of a key file", "repo", "key", "kit", "--repository", "r", "--passphrase-file", "p")]
    [InlineData("too short", "repo", "key", "remove", "abc", "--repository", "REPO", "--key", "KEY")]
    public async Task Wrong_usage_is_told(string told, params string[] arguments)
    {
        await InitAsync("--key", Key);
        string[] given = [.. arguments.Select(word => word switch { "REPO" => Repository, "KEY" => Key, _ => word })];

        var ended = await HoldfastProcess.RunAsync(_home.FullPath, null, given);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(told, ended.Error, StringComparison.Ordinal);
    }

    private string Passphrase(string name) => _home.File(name, "correct horse\n"u8.ToArray());

    private async Task<List<string>> ListAsync(params string[] opener) =>
        [
            .. (await KeyAsync("list", [.. opener, "--json"]))
                .Succeeds()
                .Json.EnumerateArray()
                .Select(key => key.GetProperty("id").GetString() ?? ""),
        ];

    private async Task InitAsync(params string[] opener) => (await RunAsync(["repo", "init", .. opener])).Succeeds();

    private Task<HoldfastProcess.Ended> KeyAsync(string verb, string[] arguments) => RunAsync(["repo", "key", verb, .. arguments]);

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, [.. arguments, "--repository", Repository]);

    [GeneratedRegex("^ +[1-6]: .+$", RegexOptions.Multiline)]
    private static partial Regex KitLine();
}
