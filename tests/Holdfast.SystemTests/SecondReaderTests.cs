using System.Security.Cryptography;
using System.Text;
using Holdfast.SystemTests.Clients;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>
/// What <c>holdfast</c> stores is what the format page says: <c>tests/second-reader/restore.py</c>, which was written from that page by
/// somebody who had not read the engine, restores it bit for bit.
/// </summary>
public sealed class SecondReaderTests : IDisposable
{
    private const string Python = ClientProgram.Python;
    private const int Mib = 1 << 20;
    private static readonly Dictionary<string, string> Plain = new() { ["LC_ALL"] = "C.UTF-8" };

    private readonly TempFolder _home = new();

    private string[] Where => ["--repository", _home["repo"], "--key", _home["key"]];

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(4096)]
    public async Task It_restores_every_kind_of_volume_and_each_increment_bit_for_bit(int chunkSizeKib)
    {
        await SkipWithoutPythonAsync();
        await InitAsync(chunkSizeKib);
        var backups = new List<(string Id, string Digest)>();
        foreach (var image in Images())
        {
            await KeepAsync(image, backups);
        }

        var changing = _home["changing.img"];
        Noise(changing, 0, 6 * Mib, seed: 5);
        for (var step = 0; step < 3; step++)
        {
            Noise(changing, (step * 2 * Mib) + 4099, 70_001, seed: 10 + step);
            await KeepAsync(changing, backups);
        }

        var listed = (await ReadAsync("list")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..36]);
        Assert.Equal(backups.Select(backup => backup.Id).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        foreach (var (id, digest) in backups)
        {
            var target = _home[$"{id}.restored"];
            (await ReadAsync("restore", id, target)).Succeeds();
            Assert.Equal(digest, await DigestAsync(target));
            File.Delete(target);
        }
    }

    [Fact]
    public async Task The_latest_is_that_of_the_volume_that_was_named()
    {
        await SkipWithoutPythonAsync();
        await InitAsync(64);
        var backups = new List<(string Id, string Digest)>();
        foreach (var image in new[] { _home["a.img"], _home["b.img"] })
        {
            Noise(image, 0, Mib, seed: image.Length + backups.Count);
            await KeepAsync(image, backups);
        }

        var unnamed = await ReadAsync("restore", "latest", _home["x"]);
        var listed = (await ReadAsync("list")).Output.Split('\n');
        var volume = listed.Single(line => line.StartsWith(backups[0].Id, StringComparison.Ordinal)).Split(' ')[^1];
        (await ReadAsync("restore", "latest", _home["a.restored"], "--volume", volume)).Succeeds();

        Assert.Equal(1, unnamed.ExitCode);
        Assert.Contains("--volume", unnamed.Error, StringComparison.Ordinal);
        Assert.Equal(backups[0].Digest, await DigestAsync(_home["a.restored"]));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("map")]
    [InlineData("manifests")]
    [InlineData("config")]
    public async Task A_flipped_bit_is_refused_by_name_and_leaves_no_target(string part)
    {
        await SkipWithoutPythonAsync();
        var id = await OneBackupAsync();
        var file = Directory.EnumerateFiles(_home["repo"], "*", SearchOption.AllDirectories).Single(path => IsOf(part, path));
        Flip(file, at: 130);

        var ended = await ReadAsync("restore", id, _home["restored"]);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(Path.GetFileName(file), ended.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_home["restored"]));
    }

    [Fact]
    public async Task Without_the_index_the_directories_of_the_packs_are_enough()
    {
        await SkipWithoutPythonAsync();
        var id = await OneBackupAsync();
        Directory.Delete(Path.Combine(_home["repo"], "index"), recursive: true);

        (await ReadAsync("restore", id, _home["restored"])).Succeeds();

        Assert.Equal(await DigestAsync(_home["one.img"]), await DigestAsync(_home["restored"]));
    }

    [Fact]
    public async Task Another_repositorys_key_opens_nothing()
    {
        await SkipWithoutPythonAsync();
        await OneBackupAsync();
        (await RunAsync("repo", "init", "--repository", _home["other"], "--key", _home["other.key"])).Succeeds();

        var ended = await ClientProgram.RunAsync(Python, _home.FullPath, Plain, null, Reader, _home["repo"], _home["other.key"], "list");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("other.key", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key-file", "key-object-of-file")]
    [InlineData("passphrase", "key-object-of-passphrase")]
    public async Task The_keys_of_the_format_page_open(string kind, string block)
    {
        await SkipWithoutPythonAsync(kind == "passphrase" ? ", argon2" : "");
        Directory.CreateDirectory(_home["repo", "keys"]);
        await File.WriteAllTextAsync(_home["repo", "config"], Golden("config"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_home["repo", "keys", new string('a', 32)], Golden(block), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_home["key"], Golden("key-file") + "\n", TestContext.Current.CancellationToken);
        var key = kind == "passphrase" ? "-" : _home["key"];

        var ended = await ClientProgram.RunAsync(Python, _home.FullPath, Plain, "correct horse\n", Reader, _home["repo"], key, "list");

        Assert.Equal("", ended.Succeeds().Output + ended.Error);
    }

    [Fact]
    public void It_is_short_enough_to_be_read_beside_the_page() => Assert.InRange(File.ReadLines(Reader).Count(), 1, 400);

    private static string Reader => Path.Combine(RepositoryRoot.Path, "tests", "second-reader", "restore.py");

    /// <summary>A block of the golden bytes at the end of the format page, without the line feed at its end.</summary>
    private static string Golden(string block)
    {
        var page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "format", "repository-v1.md"));
        return page.Split($"```golden {block}\n")[1].Split("\n```")[0];
    }

    private IEnumerable<string> Images()
    {
        var sparse = _home["sparse.img"];
        Noise(sparse, 3 * Mib, Mib + 5, seed: 1);
        Noise(sparse, (70 * Mib) - 7, 4_321, seed: 2);
        yield return sparse;

        var zeros = _home["zeros.img"];
        using (var file = File.Create(zeros))
        {
            file.SetLength((9 * Mib) + 1);
        }

        yield return zeros;

        var noise = _home["noise.img"];
        Noise(noise, 0, 5 * Mib, seed: 3);
        yield return noise;

        // The same few pages again and again, and a tail that is none of them.
        var repeats = _home["repeats.img"];
        var page = new byte[64 << 10];
        new Random(4).NextBytes(page);
        using (var file = File.Create(repeats))
        {
            for (var i = 0; i < 128; i++)
            {
                page[0] = (byte)(i % 5);
                file.Write(page);
            }

            file.Write([1, 2, 3]);
        }

        yield return repeats;
        yield return _home.File("text.img", [.. Enumerable.Range(0, 300_000).SelectMany(i => Encoding.UTF8.GetBytes($"{i % 977};"))]);
        yield return _home.File("byte.img", [7]);
    }

    private async Task<string> OneBackupAsync()
    {
        await InitAsync(64);
        Noise(_home["one.img"], Mib, 300_000, seed: 9);
        var backups = new List<(string Id, string Digest)>();
        await KeepAsync(_home["one.img"], backups);
        return backups.Single().Id;
    }

    private async Task InitAsync(int chunkSizeKib) =>
        (await RunAsync(["repo", "init", "--chunk-size-kib", $"{chunkSizeKib}", .. Where])).Succeeds();

    private async Task KeepAsync(string image, List<(string Id, string Digest)> backups)
    {
        var made = (await RunAsync(["backup", "create", "--source", image, "--json", .. Where])).Succeeds().Json;
        backups.Add((made.GetProperty("id").GetString() ?? "", await DigestAsync(image)));
    }

    private bool IsOf(string part, string file)
    {
        var path = Path.GetRelativePath(_home["repo"], file);
        return path == part || path.StartsWith($"{part}/", StringComparison.Ordinal);
    }

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) => HoldfastProcess.RunAsync(_home.FullPath, null, arguments);

    private Task<HoldfastProcess.Ended> ReadAsync(params string[] arguments) =>
        ClientProgram.RunAsync(Python, _home.FullPath, Plain, null, [Reader, _home["repo"], _home["key"], .. arguments]);

    private static async Task SkipWithoutPythonAsync(string more = "")
    {
        Assert.SkipUnless(File.Exists(Python), $"There is no {Python}.");
        using var process = System.Diagnostics.Process.Start(Python, ["-c", $"import cryptography, zstandard{more}"]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipUnless(process.ExitCode == 0, $"Not all of python3's cryptography, zstandard{more} are installed.");
    }

    private static void Noise(string image, long at, int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        using var file = new FileStream(image, FileMode.OpenOrCreate);
        file.Position = at;
        file.Write(bytes);
    }

    private static void Flip(string path, long at)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 4));
    }

    private static async Task<string> DigestAsync(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, TestContext.Current.CancellationToken));
    }
}
