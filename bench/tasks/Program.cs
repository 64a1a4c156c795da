using Holdfast.Bench.Tasks;
using Npgsql;

var options = BenchOptions.Parse(args);
var executable = Path.GetFullPath("artifacts/bin/Holdfast/release/holdfast");
var work = Directory.CreateDirectory(Path.GetFullPath($"bench/work/tasks-{Environment.ProcessId}")).FullName;
var server = Environment.GetEnvironmentVariable("HOLDFAST_TEST_POSTGRES");
var results = new List<(string, Dictionary<(int, string), Cost>)>();
try
{
    foreach (var database in options.Databases)
    {
        if (database == "postgres" && string.IsNullOrEmpty(server))
        {
            Console.WriteLine("PostgreSQL is left out: HOLDFAST_TEST_POSTGRES is not set.");
            continue;
        }

        results.Add((database == "postgres" ? "PostgreSQL" : "SQLite", await RunAsync(database)));
    }
}
finally
{
    Directory.Delete(work, recursive: true);
}

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Output)) ?? ".");
await File.WriteAllTextAsync(options.Output, Report.Write(options, results));
Console.WriteLine(await File.ReadAllTextAsync(options.Output));

async Task<Dictionary<(int, string), Cost>> RunAsync(string database)
{
    var services = new List<Service>();
    var made = new List<string>();
    try
    {
        var targets = new List<Target>();
        foreach (var size in options.Sizes)
        {
            Console.WriteLine($"{database}: filling {size} tasks");
            var data = Path.Combine(work, $"{database}-{size}");
            var postgres = database == "postgres" ? await MakeDatabaseAsync(size, made) : null;
            var (project, policy) = await FillAsync(data, postgres, size);
            services.Add(await Service.StartAsync(executable, data, postgres));
            targets.Add(Target.Prepare(services[^1], policy, size));
            Console.WriteLine($"{database}: {size} tasks of project {project} are served on port {services[^1].Port}");
        }

        return await Measure.RunAsync(targets, options.Rounds, TimeSpan.FromSeconds(options.Seconds));
    }
    finally
    {
        services.ForEach(service => service.Dispose());
        await DropDatabasesAsync(made);
    }
}

// The first start makes the catalog as it makes it for everybody; the tasks go in while no service runs.
async Task<(string Project, string Policy)> FillAsync(string data, string? postgres, int size)
{
    string project,
        policy;
    using (var first = await Service.StartAsync(executable, data, postgres))
    {
        (project, policy) = (first.Project, await first.CreatePolicyAsync());
    }

    if (postgres is null)
    {
        Fill.Sqlite(Directory.EnumerateFiles(data, "catalog*.db").Single(), project, policy, size);
    }
    else
    {
        Fill.Postgres(postgres, project, policy, size);
    }

    return (project, policy);
}

async Task<string> MakeDatabaseAsync(int size, List<string> made)
{
    var name = $"holdfast_bench_{Environment.ProcessId}_{size}";
    await ExecuteAsync($"CREATE DATABASE {name}");
    made.Add(name);
    return new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString();
}

async Task DropDatabasesAsync(List<string> made)
{
    foreach (var name in made)
    {
        await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    }
}

async Task ExecuteAsync(string sql)
{
    await using var connection = new NpgsqlConnection(server);
    await connection.OpenAsync();
    await using var command = new NpgsqlCommand(sql, connection);
    await command.ExecuteNonQueryAsync();
}
