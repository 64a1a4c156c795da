using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>Space that comes back, by the command line: without a service and with one.</summary>
public sealed class PruneVerbTests : IDisposable
{
    private const int VolumeBytes = 6_000_000;

    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Without_a_service_the_space_of_a_deleted_backup_comes_back()
    {
        var volume = WriteVolume(seed: 1);
        (await RunAsync("repo", "init")).Succeeds();
        var first = (await RunAsync("backup", "create", "--source", volume, "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
        WriteVolume(seed: 2);
        (await RunAsync("backup", "create", "--source", volume)).Succeeds();
        (await RunAsync("backup", "delete", first)).Succeeds();
        var before = SizeOf(_home["repo"]);

        var look = (await RunAsync("repo", "prune", "--dry-run", "--json")).Succeeds().Json;
        Assert.Equal(before, SizeOf(_home["repo"]));
        Assert.InRange(Number(look, "bytes_dead"), VolumeBytes, VolumeBytes * 1.1);
        var pruned = (await RunAsync("repo", "prune", "--json")).Succeeds().Json;

        Assert.InRange(Number(pruned, "bytes_freed"), VolumeBytes, VolumeBytes * 1.1);
        Assert.True(Number(pruned, "packs_deleted") > 0);
        Assert.Equal(0, Number(pruned, "packs_rewritten"));
        Assert.InRange(before - SizeOf(_home["repo"]), VolumeBytes, VolumeBytes * 1.1);
        var stats = (await RunAsync("repo", "stats", "--json")).Succeeds().Json;
        Assert.InRange(Number(stats, "bytes_live"), VolumeBytes, VolumeBytes * 1.1);
        Assert.Equal((0, 2), (Number(stats, "bytes_unused"), Number(stats, "packs")));
        Assert.Equal(JsonValueKind.Null, stats.GetProperty("last_prune").ValueKind);
        (await RunAsync("backup", "restore", "latest", "--to", _home["restored.img"])).Succeeds();
        Assert.Equal(
            await File.ReadAllBytesAsync(volume, TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(_home["restored.img"], TestContext.Current.CancellationToken)
        );
        Assert.Contains("0 packs", (await RunAsync("repo", "prune")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_prunes_when_it_is_told_to_and_tells_what_came_of_it()
    {
        var volume = WriteVolume(seed: 1);
        var settings = _home.File("settings.json", """{"Upkeep": {"KeepDeletedDays": 0}}"""u8.ToArray());
        using var service = await RunningService.StartAsync(_home, withPassword: true, "--config", settings);
        (await service.RunAsync("volume", "add", "data", volume)).Succeeds();
        (await service.RunAsync("backup", "create", "data", "--name", "one")).Succeeds();
        WriteVolume(seed: 2);
        (await service.RunAsync("backup", "create", "data", "--name", "two")).Succeeds();
        (await service.RunAsync("backup", "delete", "one")).Succeeds();
        while ((await service.RunAsync("backup", "list", "--json")).Succeeds().Json.GetArrayLength() > 1)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);

        var never = (await service.RunAsync("repo", "stats", "--json")).Succeeds().Json;
        Assert.Equal(JsonValueKind.Null, never.GetProperty("last_prune").ValueKind);

        var look = (await service.RunAsync("repo", "prune", "--dry-run", "--json")).Succeeds().Json;
        var pruned = (await service.RunAsync("repo", "prune", "--json")).Succeeds().Json;

        Assert.InRange(Number(look, "bytes_dead"), VolumeBytes, VolumeBytes * 1.1);
        Assert.InRange(Number(pruned, "bytes_freed"), VolumeBytes, VolumeBytes * 1.1);
        var stats = (await service.RunAsync("repo", "stats", "--json")).Succeeds().Json;
        Assert.Equal(Number(pruned, "bytes_freed"), Number(stats.GetProperty("last_prune"), "bytes_freed"));
        Assert.InRange(Number(stats, "bytes_live"), VolumeBytes, VolumeBytes * 1.1);
        Assert.Contains("Last prune", (await service.RunAsync("repo", "stats")).Succeeds().Output, StringComparison.Ordinal);
        var offline = await HoldfastProcess.RunAsync(
            _home.FullPath,
            null,
            "repo",
            "prune",
            "--repository",
            _home["data/repository"],
            "--key",
            _home["data/repository.key"]
        );
        Assert.Equal(1, offline.ExitCode);
        Assert.Contains("service", offline.Error, StringComparison.Ordinal);
    }

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static long SizeOf(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, [.. arguments, "--repository", _home["repo"], "--key", _home["repo.key"]]);

    private string WriteVolume(int seed)
    {
        var bytes = new byte[VolumeBytes];
        new Random(seed).NextBytes(bytes);
        File.WriteAllBytes(_home["volume.img"], bytes);
        return _home["volume.img"];
    }
}
