using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>Which backup is meant, in repositories with several volumes, damaged manifests, and clocks that were wrong.</summary>
public sealed class OfflineLatestTests : IDisposable
{
    private readonly TempFolder _home = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task With_several_volumes_latest_needs_to_be_told_whose()
    {
        await InitAsync();
        var (a, b) = (Volume("a.img", 1), Volume("b.img", 2));
        await BackUpAsync(a);
        await BackUpAsync(b);

        var refused = await RunAsync("backup", "restore", "latest", "--to", _home["x.img"]);
        var deleted = await RunAsync("backup", "delete", "latest");
        var restored = (await RunAsync("backup", "restore", "latest", "--volume", "a.img", "--to", _home["y.img"])).Succeeds();

        Assert.Equal((2, 2), (refused.ExitCode, deleted.ExitCode));
        Assert.Contains("--volume", refused.Error, StringComparison.Ordinal);
        Assert.Contains(b, refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_home["x.img"]));
        Assert.Contains(a, restored.Output, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(a, Cancel), await File.ReadAllBytesAsync(_home["y.img"], Cancel));
        Assert.Equal(2, (await RunAsync("backup", "list", "--json")).Succeeds().Json.GetArrayLength());
    }

    [Fact]
    public async Task A_volume_without_backups_is_named()
    {
        await InitAsync();
        await BackUpAsync(Volume("a.img", 1));

        var ended = await RunAsync("backup", "restore", "latest", "--volume", "other.img", "--to", _home["x.img"]);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("'other.img'", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_manifest_hinders_nobody_but_itself()
    {
        await InitAsync();
        var a = Volume("a.img", 1);
        var whole = await BackUpAsync(a);
        var damaged = await BackUpAsync(Volume("b.img", 2));
        var manifest = Directory.EnumerateFiles(_home["repo"], $"{damaged}*", SearchOption.AllDirectories).Single();
        await File.WriteAllBytesAsync(manifest, new byte[100], Cancel);

        var listed = await RunAsync("backup", "list", "--json");
        var created = (await RunAsync("backup", "create", "--source", a, "--json")).Succeeds();
        var restored = (await RunAsync("backup", "restore", "latest", "--to", _home["x.img"])).Succeeds();
        var latest = await RunAsync("backup", "delete", "latest");

        Assert.Equal(1, listed.ExitCode);
        Assert.Equal([whole], listed.Json.EnumerateArray().Select(backup => backup.GetProperty("id").GetString()));
        Assert.All([listed.Error, created.Error, restored.Error], error => Assert.Contains(damaged, error, StringComparison.Ordinal));
        Assert.Equal(whole, created.Json.GetProperty("parent").GetString());
        Assert.Equal(await File.ReadAllBytesAsync(a, Cancel), await File.ReadAllBytesAsync(_home["x.img"], Cancel));
        Assert.Equal(1, latest.ExitCode);

        (await RunAsync("backup", "delete", damaged)).Succeeds();
        Assert.Equal(2, (await RunAsync("backup", "list", "--json")).Succeeds().Json.GetArrayLength());
    }

    [Fact]
    public async Task A_backup_says_what_it_is_worth()
    {
        await InitAsync();
        var id = await BackUpAsync(Volume("a.img", 1));

        var shown = (await RunAsync("backup", "show", id, "--json")).Succeeds().Json.GetProperty("consistency").GetString();
        var listed = (await RunAsync("backup", "list")).Succeeds().Output;

        Assert.Equal("at-rest", shown);
        Assert.Contains("Consistency", listed, StringComparison.Ordinal);
        Assert.Contains("at-rest", listed, StringComparison.Ordinal);
    }

    private string Volume(string name, int seed)
    {
        var bytes = new byte[1 << 20];
        new Random(seed).NextBytes(bytes);
        return _home.File(name, bytes);
    }

    private async Task<string> BackUpAsync(string source) =>
        (await RunAsync("backup", "create", "--source", source, "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";

    private async Task InitAsync() => (await RunAsync("repo", "init")).Succeeds();

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, [.. arguments, "--repository", _home["repo"], "--key", _home["key"]]);
}
