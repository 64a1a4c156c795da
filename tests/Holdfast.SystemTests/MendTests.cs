using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>A repository that lost something is found to have, mended, and restored from, by the command line and the page
/// <c>docs/howto/mend-a-repository.md</c>.</summary>
public sealed class MendTests : IDisposable
{
    private const int VolumeBytes = 8 << 20;
    private readonly TempFolder _home = new();

    private string Repository => _home["repo"];

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_sound_repository_is_told_so_with_exit_code_0()
    {
        await MakeAsync();

        var quick = (await RunAsync("repo", "check", "--json")).Succeeds().Json;
        var read = (await RunAsync("repo", "check", "--read", "--json")).Succeeds().Json;
        var share = (await RunAsync("repo", "check", "--share", "1/30")).Succeeds();

        Assert.True(quick.GetProperty("sound").GetBoolean());
        Assert.Equal(0, read.GetProperty("damage").GetArrayLength());
        Assert.InRange(read.GetProperty("bytes_read").GetInt64(), VolumeBytes, 2 * VolumeBytes);
        Assert.InRange(quick.GetProperty("bytes_read").GetInt64(), 1, VolumeBytes / 8);
        Assert.StartsWith("Sound: ", share.Output, StringComparison.Ordinal);
        Assert.Contains("nothing to mend", (await RunAsync("repo", "repair")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0/30")]
    [InlineData("31/30")]
    [InlineData("half")]
    public async Task What_is_no_share_is_wrong_usage(string share) =>
        Assert.Equal(2, (await RunAsync("repo", "check", "--share", share)).ExitCode);

    [Fact]
    public async Task A_lost_index_object_is_found_and_made_anew()
    {
        var backup = await MakeAsync();
        File.Delete(Assert.Single(Directory.GetFiles(Path.Combine(Repository, "index"))));

        var found = await RunAsync("repo", "check", "--json");
        var repaired = (await RunAsync("repo", "repair", "--json")).Succeeds().Json;

        Assert.Equal(1, found.ExitCode);
        var damage = Assert.Single(found.Json.GetProperty("damage").EnumerateArray());
        Assert.Equal("index/", damage.GetProperty("object").GetString());
        Assert.Equal(backup, Assert.Single(damage.GetProperty("backups").EnumerateArray()).GetString());
        Assert.InRange(repaired.GetProperty("packs_indexed").GetInt32(), 2, 100);
        (await RunAsync("repo", "check", "--read")).Succeeds();
        await AssertRestoredAsync(backup);
    }

    [Fact]
    public async Task Of_a_damaged_pack_the_rest_is_restored_and_the_next_backup_brings_back_what_the_volume_still_has()
    {
        var backup = await MakeAsync();
        var pack = Packs()[0];
        Flip(pack, 5_000);

        var found = await RunAsync("repo", "check", "--read", "--json");
        var damage = Assert.Single(found.Json.GetProperty("damage").EnumerateArray());
        var plain = await RunAsync("backup", "restore", backup, "--to", _home["plain.img"]);
        var left = await RunAsync("backup", "restore", backup, "--to", _home["left.img"], "--allow-damaged", "--json");

        Assert.Equal((1, 1, 1), (found.ExitCode, plain.ExitCode, left.ExitCode));
        Assert.False(File.Exists(_home["plain.img"]));
        Assert.EndsWith(Path.GetFileName(pack), damage.GetProperty("object").GetString(), StringComparison.Ordinal);
        Assert.Contains("volume.img", Assert.Single(damage.GetProperty("volumes").EnumerateArray()).GetString(), StringComparison.Ordinal);
        var missing = left.Json.GetProperty("missing").EnumerateArray().Select(Range).ToList();
        Assert.Equal(damage.GetProperty("ranges").EnumerateArray().Select(Range), missing);
        var expected = await ReadAsync("volume.img");
        foreach (var (offset, length) in missing)
        {
            expected.AsSpan((int)offset, (int)length).Clear();
        }

        Assert.Equal(expected, await ReadAsync("left.img"));

        var repaired = await RunAsync("repo", "repair", "--json");
        Assert.Equal((1, 1), (repaired.ExitCode, repaired.Json.GetProperty("packs_aside").GetInt32()));
        (await RunAsync("backup", "create", "--source", _home["volume.img"])).Succeeds();
        (await RunAsync("repo", "repair")).Succeeds();
        (await RunAsync("repo", "check", "--read")).Succeeds();
        await AssertRestoredAsync(backup);
    }

    [Fact]
    public async Task Everything_comes_back_from_another_copy_config_and_key_object_too()
    {
        var backup = await MakeAsync();
        Copy(Repository, _home["copy"]);
        File.Delete(Path.Combine(Repository, "config"));
        Flip(Directory.GetFiles(Path.Combine(Repository, "keys"))[0], 100);
        Flip(Directory.GetFiles(Path.Combine(Repository, "manifests"))[0], 100);
        File.Delete(Directory.GetFiles(Path.Combine(Repository, "index"))[0]);
        File.Delete(Packs()[0]);

        var shut = await RunAsync("repo", "check", "--json");
        var refused = await RunAsync("repo", "repair");
        var repaired = (await RunAsync("repo", "repair", "--from", _home["copy"], "--json")).Succeeds().Json;

        Assert.Equal((1, 1), (shut.ExitCode, refused.ExitCode));
        Assert.Contains("config", shut.Json.GetProperty("damage")[0].GetProperty("object").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, repaired.GetProperty("objects_put_back").GetArrayLength());
        Assert.Equal(1, repaired.GetProperty("packs_fetched").GetInt32());
        (await RunAsync("repo", "check", "--read")).Succeeds();
        await AssertRestoredAsync(backup);
    }

    [Fact]
    public async Task A_backup_whose_manifest_is_gone_is_fetched_from_another_copy_when_it_is_named()
    {
        var backup = await MakeAsync();
        Copy(Repository, _home["copy"]);
        File.Delete(Directory.GetFiles(Path.Combine(Repository, "manifests")).Single());
        File.Delete(Packs()[0]);

        Assert.Contains("data and no backup", (await RunAsync("repo", "check")).Output, StringComparison.Ordinal);
        var alone = await RunAsync("repo", "repair", "--backup", backup);
        var unknown = await RunAsync("repo", "repair", "--from", _home["copy"], "--backup", "latest");
        (await RunAsync("repo", "repair", "--from", _home["copy"], "--backup", backup)).Succeeds();

        Assert.Equal((2, 2), (alone.ExitCode, unknown.ExitCode));
        (await RunAsync("repo", "check", "--read")).Succeeds();
        await AssertRestoredAsync(backup);
    }

    private static (long Offset, long Length) Range(JsonElement range) =>
        (range.GetProperty("offset").GetInt64(), range.GetProperty("length").GetInt64());

    private static void Flip(string file, int at)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        var one = new byte[1];
        RandomAccess.Read(handle, one, at);
        RandomAccess.Write(handle, [(byte)(one[0] ^ 4)], at);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
            File.Copy(file, copy);
        }
    }

    private string[] Packs() => Directory.GetFiles(Path.Combine(Repository, "data"), "*", SearchOption.AllDirectories);

    private Task<byte[]> ReadAsync(string name) => File.ReadAllBytesAsync(_home[name], TestContext.Current.CancellationToken);

    private async Task AssertRestoredAsync(string backup)
    {
        (await RunAsync("backup", "restore", backup, "--to", _home["restored.img"])).Succeeds();
        Assert.Equal(await ReadAsync("volume.img"), await ReadAsync("restored.img"));
    }

    /// <summary>A repository with a backup of a volume that does not compress. Returns the backup's id.</summary>
    private async Task<string> MakeAsync()
    {
        var bytes = new byte[VolumeBytes];
        new Random(17).NextBytes(bytes);
        _home.File("volume.img", bytes);
        (await RunAsync("repo", "init")).Succeeds();
        var made = (await RunAsync("backup", "create", "--source", _home["volume.img"], "--json")).Succeeds();
        return made.Json.GetProperty("id").GetString() ?? "";
    }

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, [.. arguments, "--repository", Repository, "--key", _home["repo.key"]]);
}
