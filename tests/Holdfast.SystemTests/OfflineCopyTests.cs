using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>A second copy by the command line, without a service.</summary>
public sealed class OfflineCopyTests : IDisposable
{
    private const int VolumeBytes = 48 << 20;
    private readonly TempFolder _home = new();

    private string Copy => _home["copy"];

    private string Key => _home["repo.key"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_copy_that_was_killed_is_ended_by_the_next_and_restored_from_when_the_first_one_is_gone()
    {
        var content = await MakeAsync();
        using (var killed = HoldfastProcess.Start(_home.FullPath, null, [.. Verb, "--to", Copy]))
        {
            using var late = new CancellationTokenSource(HoldfastProcess.Patience);
            while (!Directory.Exists(Path.Combine(Copy, "data")) && !killed.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, late.Token);
            }

            killed.Kill();
        }

        var ended = (await HoldfastProcess.RunAsync(_home.FullPath, null, [.. Verb, "--to", Copy, "--verify", "--json"])).Succeeds().Json;
        var idle = (await HoldfastProcess.RunAsync(_home.FullPath, null, [.. Verb, "--to", Copy, "--json"])).Succeeds().Json;
        Directory.Delete(_home["repo"], recursive: true);

        Assert.True(ended.GetProperty("sound").GetBoolean());
        Assert.Equal((1, 0), (idle.GetProperty("backups").GetInt32(), idle.GetProperty("objects_copied").GetInt32()));
        var listed = (await OnCopyAsync("backup", "list", "--json")).Succeeds().Json;
        Assert.Equal(1, listed.GetArrayLength());
        (await OnCopyAsync("backup", "restore", "latest", "--to", _home["restored.img"])).Succeeds();
        Assert.Equal(content, await File.ReadAllBytesAsync(_home["restored.img"], Cancel));
    }

    [Fact]
    public async Task What_is_damaged_is_named_and_ends_with_1()
    {
        await MakeAsync();
        var manifest = Directory.EnumerateFiles(_home["repo", "manifests"]).Single();
        var bytes = await File.ReadAllBytesAsync(manifest, Cancel);
        bytes[^1] ^= 1;
        File.SetUnixFileMode(manifest, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllBytesAsync(manifest, bytes, Cancel);

        var ended = await HoldfastProcess.RunAsync(_home.FullPath, null, [.. Verb, "--to", Copy, "--json"]);

        Assert.Equal(1, ended.ExitCode);
        Assert.False(ended.Json.GetProperty("sound").GetBoolean());
        var damage = ended.Json.GetProperty("damage")[0];
        Assert.Equal($"manifests/{Path.GetFileName(manifest)}", damage.GetProperty("object").GetString());
        Assert.Contains(Path.GetFileName(manifest), ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_is_no_copy_of_itself_by_whatever_name()
    {
        await MakeAsync();
        Directory.CreateSymbolicLink(_home["link"], _home["repo"]);

        foreach (var to in new[] { _home["repo"], _home["link"] })
        {
            var refused = await HoldfastProcess.RunAsync(_home.FullPath, null, [.. Verb, "--to", to]);

            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("the same place", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_copy_within_the_repository_or_around_it_is_refused()
    {
        await MakeAsync();

        foreach (var to in new[] { _home["repo", "copy"], _home.FullPath })
        {
            var refused = await HoldfastProcess.RunAsync(_home.FullPath, null, [.. Verb, "--to", to]);

            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("lies elsewhere", refused.Error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_home["repo", "copy"]));
    }

    private string[] Verb => ["repo", "copy", "--repository", _home["repo"], "--key", Key];

    private async Task<byte[]> MakeAsync()
    {
        var content = new byte[VolumeBytes];
        new Random(5).NextBytes(content);
        _home.File("volume.img", content);
        string[] at = ["--repository", _home["repo"], "--key", Key];
        (await HoldfastProcess.RunAsync(_home.FullPath, null, ["repo", "init", .. at])).Succeeds();
        (await HoldfastProcess.RunAsync(_home.FullPath, null, ["backup", "create", "--source", _home["volume.img"], .. at])).Succeeds();
        return content;
    }

    private Task<HoldfastProcess.Ended> OnCopyAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, [.. arguments, "--repository", Copy, "--key", Key]);
}
