using Holdfast.Engine.Objects.S3;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>The command line and a service on repositories in buckets of real servers.</summary>
public sealed class BucketTests : IAsyncLifetime
{
    private readonly TempFolder _home = new();
    private S3Server? _server;
    private S3Address? _address;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Volume => _home["volume.img"];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null && _address is not null)
            await _server.EmptyAsync(_address);

        _home.Dispose();
    }

    [Theory]
    [InlineData("ceph")]
    [InlineData("swift")]
    [InlineData("moto")]
    [InlineData("s3rver")]
    public async Task Offline_verbs_make_a_repository_in_a_bucket_and_restore_from_it(string name)
    {
        Use(name);
        var made = (await RunAsync("repo", "init")).Succeeds();
        var content = new byte[9 << 20];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(Volume, content, Cancel);
        var letter = Assert.Single(_server?.Class ?? "", letter => made.Output.Contains($"class {letter}:", StringComparison.Ordinal));
        string[] word = letter == 'A' ? [] : ["--alone"];

        var plain = await RunAsync("backup", "create", "--source", Volume);
        var first = (await RunAsync(["backup", "create", "--source", Volume, "--json", .. word])).Succeeds().Json;
        content[1 << 20] ^= 1;
        await File.WriteAllBytesAsync(Volume, content, Cancel);
        var second = (await RunAsync(["backup", "create", "--source", Volume, "--json", .. word])).Succeeds().Json;
        (await RunAsync("backup", "restore", "latest", "--to", _home["restored.img"])).Succeeds();
        var shown = (await RunAsync("repo", "show", "--json")).Succeeds().Json;

        Assert.Equal(content, await File.ReadAllBytesAsync(_home["restored.img"], Cancel));
        Assert.Equal(letter == 'A' ? 0 : 1, plain.ExitCode);
        if (plain.ExitCode != 0)
            Assert.Contains("--alone", plain.Error, StringComparison.Ordinal);

        Assert.InRange(first.GetProperty("store_requests").GetProperty("puts").GetInt32(), 1, 9);
        Assert.InRange(second.GetProperty("store_requests").GetProperty("puts").GetInt32(), 4, 6);
        Assert.Equal($"{letter}", shown.GetProperty("store_class").GetString());
        Assert.Equal(_address?.ToString(), shown.GetProperty("repository").GetString());
    }

    [Theory]
    [InlineData("ceph")]
    [InlineData("moto")]
    public async Task A_service_keeps_its_repository_in_a_bucket_and_tells_nobody_the_secret(string name)
    {
        Use(name);
        await File.WriteAllTextAsync(
            _home["c.json"],
            $$"""
            {"Repository": {"Url": "{{_address}}", "AccessKey": "{{_server?.AccessKey}}", "SecretKey": "{{_server?.SecretKey}}"} }
            """,
            Cancel
        );
        await File.WriteAllBytesAsync(Volume, new byte[] { 1, 2, 3 }.Concat(new byte[(1 << 20) - 3]).ToArray(), Cancel);
        using var service = await RunningService.StartAsync(_home, withPassword: true, "--config", _home["c.json"]);

        (await ClientAsync(service, "volume", "add", "v", Volume)).Succeeds();
        (await ClientAsync(service, "backup", "create", "v", "--wait")).Succeeds();
        var stats = (await ClientAsync(service, "repo", "stats")).Succeeds();
        using var http = new HttpClient();
        var health = await http.GetStringAsync(new Uri(service.Address, "/healthz"), Cancel);
        await service.Process.TerminateAsync();
        var ended = await service.Process.EndAsync();

        Assert.Contains("Backups", stats.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ill", health, StringComparison.Ordinal);
        Assert.Equal(0, ended.ExitCode);
        Assert.DoesNotContain(_server?.SecretKey ?? "?", ended.Output + ended.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_home["data", "repository"]), "a folder was made for a repository that is in a bucket");
    }

    [Fact]
    public async Task A_scheme_that_is_not_known_is_wrong_usage_and_makes_no_folder()
    {
        var ended = await HoldfastProcess.RunAsync(
            _home.FullPath,
            null,
            "repo",
            "init",
            "--repository",
            "sftp://host/path",
            "--key",
            _home["key"]
        );

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("'sftp:'", ended.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_home.FullPath));
    }

    private void Use(string name)
    {
        _server = S3Servers.Find(name);
        Assert.SkipWhen(_server is null, $"{S3Servers.Variable} names no server '{name}'");
        _address = _server?.NewAddress();
    }

    private Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) =>
        HoldfastProcess.RunAsync(
            _home.FullPath,
            new Dictionary<string, string>
            {
                ["AWS_ACCESS_KEY_ID"] = _server?.AccessKey ?? "",
                ["AWS_SECRET_ACCESS_KEY"] = _server?.SecretKey ?? "",
            },
            [.. arguments, "--repository", _address?.ToString() ?? "", "--key", _home["key"]]
        );

    private Task<HoldfastProcess.Ended> ClientAsync(RunningService service, params string[] arguments) =>
        HoldfastProcess.RunAsync(_home.FullPath, service.ClientEnvironment, arguments);
}
