using System.Text.Json;
using Holdfast.Testing;
using Npgsql;

namespace Holdfast.SystemTests;

/// <summary>The data folder is lost; repository and key are not. A real service before, and one on what was made anew.</summary>
public sealed class RebuildTests : IDisposable
{
    private static readonly string? Postgres = Environment.GetEnvironmentVariable("HOLDFAST_TEST_POSTGRES");

    private readonly TempFolder _home = new();
    private readonly List<string> _databases = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var database in _databases)
        {
            RunSql($"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        }

        _home.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task After_a_clean_stop_or_a_power_cut_everything_is_there_again(bool onPostgres, bool isKilled)
    {
        Assert.SkipWhen(onPostgres && Postgres is null, "HOLDFAST_TEST_POSTGRES is not set: no PostgreSQL to test on");
        var image = WriteImage("disk.img");
        var config = WriteConfig(onPostgres ? MakeDatabase() : null);
        Known before;
        string newest;
        using (var service = await RunningService.StartAsync(_home, withPassword: true, "--config", config))
        {
            (await service.RunAsync("volume", "add", "disk", image)).Succeeds();
            (await service.RunAsync("policy", "create", "nightly", "--start-time", "22:00")).Succeeds();
            (await service.RunAsync("policy", "associate", "nightly", "disk")).Succeeds();
            (await service.RunAsync("user", "create", "ann", "--generate")).Succeeds();
            await service.ExecuteAndWaitAsync("nightly");
            if (isKilled)
            {
                var exported = await HoldfastProcess.RunAsync(
                    _home.FullPath,
                    null,
                    ["repo", "export", "--data", _home["data"], "--config", config, "--json"]
                );
                Assert.True(exported.Succeeds().Json.GetProperty("number").GetInt64() >= 1);
            }

            Change(image);
            await service.ExecuteAndWaitAsync("nightly");
            before = await Known.OfAsync(service);
            newest = before.Backups[0];
            if (isKilled)
            {
                service.Process.Kill();
            }
            else
            {
                await service.Process.TerminateAsync();
            }

            await service.Process.EndAsync();
        }

        Directory.Delete(_home["data"], recursive: true);
        var empty = onPostgres ? MakeDatabase() : null;
        string[] place = ["--data", _home["data"], "--repository", _home["repository"], "--key", _home["repository.key"]];
        var rebuilt = (
            await HoldfastProcess.RunAsync(
                _home.FullPath,
                new Dictionary<string, string> { ["HOLDFAST_Repository__Path"] = _home["elsewhere"] },
                ["repo", "rebuild", .. place, .. (empty is null ? Array.Empty<string>() : ["--postgres", TextOf(empty)]), "--json"]
            )
        )
            .Succeeds()
            .Json;

        Assert.Equal(2, rebuilt.GetProperty("backups").GetInt32());
        Assert.Equal(isKilled ? 1 : 2, rebuilt.GetProperty("tasks").GetInt32());
        Assert.Equal(isKilled ? 1 : 0, rebuilt.GetProperty("added").GetInt32());
        Assert.Equal(1, rebuilt.GetProperty("volumes").GetInt32());
        Assert.Empty(rebuilt.GetProperty("damaged").EnumerateArray());

        using var again = await RunningService.StartAsync(_home, withPassword: true, "--config", WriteConfig(empty));
        var after = await Known.OfAsync(again);
        Assert.Equal(before.Backups, after.Backups);
        Assert.Equal(before.Policies, after.Policies);
        Assert.Equal(before.Volumes, after.Volumes);
        Assert.Equal(before.Users, after.Users);

        (await again.RunAsync("backup", "restore", newest, "--to", _home["restored.img"])).Succeeds();
        Assert.Equal(await File.ReadAllBytesAsync(image, Cancel), await File.ReadAllBytesAsync(_home["restored.img"], Cancel));

        Change(image);
        var page = await again.ExecuteAndWaitAsync("nightly");
        Assert.All(
            page.GetProperty("tasks").EnumerateArray(),
            task => Assert.Equal("EXECUTE_SUCCESS", task.GetProperty("status").GetString())
        );
        var made = (await again.RunAsync("backup", "list", "--json")).Succeeds().Json.EnumerateArray().First();
        Assert.True(made.GetProperty("is_incremental").GetBoolean());
    }

    [Fact]
    public async Task A_catalog_in_use_a_wrong_key_and_no_repository_are_refused_and_nothing_is_made()
    {
        var config = WriteConfig(null);
        using (var service = await RunningService.StartAsync(_home, withPassword: true, "--config", config))
        {
            var running = await RebuildAsync(_home["data"], _home["repository"], _home["repository.key"]);
            Assert.Equal(1, running.ExitCode);
            Assert.Contains("data folder", running.Error, StringComparison.Ordinal);
            await service.Process.TerminateAsync();
            await service.Process.EndAsync();
        }

        var used = await RebuildAsync(_home["data"], _home["repository"], _home["repository.key"]);
        Assert.Equal(1, used.ExitCode);
        Assert.Contains("in use", used.Error, StringComparison.Ordinal);

        string[] init = ["repo", "init", "--repository", _home["other"], "--key", _home["other.key"]];
        (await HoldfastProcess.RunAsync(_home.FullPath, null, init)).Succeeds();
        var wrong = await RebuildAsync(_home["new"], _home["repository"], _home["other.key"]);
        Assert.Equal(1, wrong.ExitCode);
        var none = await RebuildAsync(_home["new"], _home["nowhere"], _home["repository.key"]);
        Assert.Equal(1, none.ExitCode);
        Assert.False(Directory.Exists(_home["new"]) || Directory.Exists(_home["nowhere"]));

        using var again = await RunningService.StartAsync(_home, withPassword: true, "--config", config);
        (await again.RunAsync("policy", "list")).Succeeds();
    }

    private Task<HoldfastProcess.Ended> RebuildAsync(string data, string repository, string key) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, ["repo", "rebuild", "--data", data, "--repository", repository, "--key", key]);

    private string WriteConfig(string? database)
    {
        var settings = new Dictionary<string, Dictionary<string, string>>
        {
            ["Repository"] = new() { ["Path"] = _home["repository"], ["Key"] = _home["repository.key"] },
        };
        if (database is not null)
        {
            settings["Catalog"] = new() { ["Postgres"] = TextOf(database) };
        }

        File.WriteAllText(_home["config.json"], JsonSerializer.Serialize(settings));
        return _home["config.json"];
    }

    private string MakeDatabase()
    {
        var name = $"hf_rebuild_{Guid.CreateVersion7():N}";
        RunSql($"CREATE DATABASE {name}");
        _databases.Add(name);
        return name;
    }

    private static string TextOf(string database) => new NpgsqlConnectionStringBuilder(Postgres) { Database = database }.ToString();

    private static void RunSql(string sql)
    {
        using var source = NpgsqlDataSource.Create(Postgres ?? "");
        using var command = source.CreateCommand(sql);
        command.ExecuteNonQuery();
    }

    private string WriteImage(string name)
    {
        var bytes = new byte[3 << 20];
        new Random(7).NextBytes(bytes.AsSpan(1 << 20, 1 << 20));
        return _home.File(name, bytes);
    }

    private static void Change(string image)
    {
        using var file = File.OpenWrite(image);
        file.Position = file.Length / 2;
        file.Write(Guid.CreateVersion7().ToByteArray());
    }

    /// <summary>What a service tells of what it has, in texts that do not depend on where it listens.</summary>
    private sealed record Known(
        IReadOnlyList<string> Backups,
        IReadOnlyList<string> Policies,
        IReadOnlyList<string> Volumes,
        IReadOnlyList<string> Users
    )
    {
        public static async Task<Known> OfAsync(RunningService service) =>
            new(
                await ListAsync(service, "id", "backup", "list", "--json"),
                await ListAsync(service, "name", "policy", "list", "--json"),
                await ListAsync(service, "id", "volume", "list", "--json"),
                await ListAsync(service, "name", "user", "list", "--json")
            );

        private static async Task<IReadOnlyList<string>> ListAsync(RunningService service, string member, params string[] verb) =>
            [
                .. (await service.RunAsync(verb))
                    .Succeeds()
                    .Json.EnumerateArray()
                    .Select(item => item.GetProperty(member).GetString() ?? ""),
            ];
    }
}
