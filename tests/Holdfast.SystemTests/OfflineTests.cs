using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>The engine's work by the command line, without a service.</summary>
public sealed class OfflineTests : IDisposable
{
    private const int VolumeBytes = 24 << 20;
    private readonly TempFolder _home = new();

    private string Repository => _home["repo"];

    private string Key => _home["repo.key"];

    private string Volume => _home["volume.img"];

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_backup_is_restored_byte_for_byte()
    {
        WriteVolume(seed: 1);
        await InitAsync();
        var first = (await RunAsync("backup", "create", "--source", Volume, "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
        var before = await File.ReadAllBytesAsync(Volume, TestContext.Current.CancellationToken);
        WriteVolume(seed: 2);
        var second = (await RunAsync("backup", "create", "--source", Volume, "--json")).Succeeds().Json;

        (await RunAsync("backup", "restore", first, "--to", _home["restored.img"])).Succeeds();

        Assert.Equal(first, second.GetProperty("parent").GetString());
        Assert.Equal(before, await File.ReadAllBytesAsync(_home["restored.img"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_backup_is_verified_without_a_service_and_damage_is_the_verb_s_failure()
    {
        WriteVolume(seed: 9);
        await InitAsync();
        var id = (await RunAsync("backup", "create", "--source", Volume, "--json")).Succeeds().Json.GetProperty("id").GetString();

        var whole = (await RunAsync("backup", "verify", "latest", "--json")).Succeeds().Json;
        var pack = Directory.GetFiles(Path.Combine(Repository, "data"), "*", SearchOption.AllDirectories)[0];
        File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using (var file = File.OpenWrite(pack))
        {
            file.Position = 2000;
            file.Write([1, 2, 3, 4]);
        }

        var damaged = await RunAsync("backup", "verify", "latest", "--json");

        Assert.Equal(id, whole.GetProperty("id").GetString());
        Assert.Equal(VolumeBytes, whole.GetProperty("bytes_verified").GetInt64() + whole.GetProperty("bytes_zero").GetInt64());
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains(Path.GetFileName(pack), damaged.Error, StringComparison.Ordinal);
        Assert.Contains("of the volume", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listings_and_stats_tell_what_the_repository_holds()
    {
        WriteVolume(seed: 3);
        await InitAsync();
        var id = (await RunAsync("backup", "create", "--source", Volume, "--json")).Succeeds().Json.GetProperty("id").GetString();

        var listed = (await RunAsync("backup", "list", "--json")).Succeeds().Json;
        var shown = (await RunAsync("backup", "show", "latest", "--json")).Succeeds().Json;
        var stats = (await RunAsync("repo", "stats", "--json")).Succeeds().Json;

        Assert.Equal(id, listed.EnumerateArray().Single().GetProperty("id").GetString());
        Assert.Equal(id, shown.GetProperty("id").GetString());
        Assert.Equal(1, stats.GetProperty("backups").GetInt32());
        Assert.InRange(stats.GetProperty("total_bytes").GetInt64(), 1, VolumeBytes);
    }

    [Fact]
    public async Task An_existing_target_is_refused_before_a_byte_is_written_unless_it_may_be_overwritten()
    {
        WriteVolume(seed: 4);
        await InitAsync();
        (await RunAsync("backup", "create", "--source", Volume)).Succeeds();
        var target = _home.File("target.img", [1, 2, 3]);

        var refused = await RunAsync("backup", "restore", "latest", "--to", target);
        var tooSmall = await RunAsync("backup", "restore", "latest", "--to", target, "--overwrite");

        Assert.Equal((1, 1), (refused.ExitCode, tooSmall.ExitCode));
        Assert.Contains("target.img", refused.Error, StringComparison.Ordinal);
        var full = _home.File("full.img", [.. Enumerable.Repeat((byte)1, VolumeBytes)]);
        Assert.Contains("--overwrite", (await RunAsync("backup", "restore", "latest", "--to", full)).Error, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_deleted_backup_is_gone_and_the_others_stay_whole()
    {
        WriteVolume(seed: 5);
        await InitAsync();
        var first = (await RunAsync("backup", "create", "--source", Volume, "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
        (await RunAsync("backup", "create", "--source", Volume)).Succeeds();

        (await RunAsync("backup", "delete", first)).Succeeds();

        Assert.Equal(1, (await RunAsync("backup", "show", first)).ExitCode);
        (await RunAsync("backup", "restore", "latest", "--to", _home["out.img"])).Succeeds();
        Assert.Equal(
            await File.ReadAllBytesAsync(Volume, TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(_home["out.img"], TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        await InitAsync();
        (
            await HoldfastProcess.RunAsync(
                _home.FullPath,
                null,
                "repo",
                "init",
                "--repository",
                _home["other"],
                "--key",
                _home["other.key"]
            )
        ).Succeeds();

        var ended = await HoldfastProcess.RunAsync(
            _home.FullPath,
            null,
            "backup",
            "list",
            "--repository",
            Repository,
            "--key",
            _home["other.key"]
        );

        Assert.Equal(1, ended.ExitCode);
        Assert.StartsWith("holdfast: ", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_killed_leaves_nothing_to_repair()
    {
        WriteVolume(seed: 6);
        await InitAsync();
        using (
            var killed = HoldfastProcess.Start(
                _home.FullPath,
                null,
                ["backup", "create", "--source", Volume, "--repository", Repository, "--key", Key]
            )
        )
        {
            await UntilPacksAreWrittenAsync(killed);
            killed.Kill();
        }

        (await RunAsync("backup", "create", "--source", Volume)).Succeeds();

        (await RunAsync("backup", "restore", "latest", "--to", _home["out.img"])).Succeeds();
        Assert.Equal(
            await File.ReadAllBytesAsync(Volume, TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(_home["out.img"], TestContext.Current.CancellationToken)
        );
    }

    // The kill lands in the middle when something has been written; a backup that has already ended is a valid end too.
    private async Task UntilPacksAreWrittenAsync(HoldfastProcess process)
    {
        var before = CountFiles();
        using var late = new CancellationTokenSource(HoldfastProcess.Patience);
        while (CountFiles() == before && !process.HasExited)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, late.Token);
        }
    }

    private int CountFiles() => Directory.EnumerateFiles(Repository, "*", SearchOption.AllDirectories).Count();

    private async Task InitAsync() =>
        (await HoldfastProcess.RunAsync(_home.FullPath, null, "repo", "init", "--repository", Repository, "--key", Key)).Succeeds();

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, [.. arguments, "--repository", Repository, "--key", Key]);

    /// <summary>Random bytes with a hole in the middle; a file of the same size whatever the seed.</summary>
    private void WriteVolume(int seed)
    {
        var bytes = new byte[VolumeBytes / 3];
        new Random(seed).NextBytes(bytes);
        using var file = File.OpenHandle(Volume, FileMode.Create, FileAccess.Write);
        RandomAccess.SetLength(file, VolumeBytes);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.Write(file, bytes.AsSpan(0, 1 << 20), VolumeBytes - (1 << 20));
    }
}
