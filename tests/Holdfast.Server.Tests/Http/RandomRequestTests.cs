using System.Collections.Concurrent;
using CsCheck;
using Holdfast.Server.Identity;
using Holdfast.Server.OpenApi;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Holdfast.Server.Tests.Http;

/// <summary>Nothing that a client sends is answered with a failure of ours, and no answer tells what is inside.</summary>
public abstract class RandomRequestTests : IAsyncLifetime
{
    /// <summary>What there is of objects is looked at, and made up for, after so many.</summary>
    private const int Batch = 200;

    /// <summary>From so many requests on most operations have succeeded and refused; the few that had no luck get requests of their
    /// own.</summary>
    protected const int Enough = 20_000;

    /// <summary>After so many requests of its own it is no chance if an operation has never succeeded or never refused.</summary>
    private const int EnoughOfOne = 4_000;

    /// <summary>Operations that no request here succeeds with, and why.</summary>
    private static readonly Dictionary<string, string> NeverSucceeds = new()
    {
        ["POST /admin/v1/{project}/repository/copy"] = "has no second copy among its settings",
    };

    /// <summary>Operations that succeed for a moment only, which requests without a plan meet by chance: success is shown elsewhere, and
    /// here that they refuse.</summary>
    private static readonly HashSet<string> SucceedsForAMoment =
    [
        "POST /admin/v1/{project}/jobs/{job}/cancel", // jobs here end within milliseconds: JobCancelTests
    ];

    private TestServer _server = null!; // made in InitializeAsync, unless the test is skipped

    /// <summary>How many requests are sent over all operations.</summary>
    protected abstract int Requests { get; }

    public virtual async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync([("HOLDFAST_Policies__MaxPerProject", "40"), .. Settings]);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    protected virtual (string, string)[] Settings => [];

    [Fact]
    public async Task Nothing_that_is_sent_makes_a_server_error_and_no_answer_names_an_internal_thing()
    {
        var things = new Things(_server, _server.Token, _server.Project);
        var requests = new RandomRequests(_server, things);
        var operations = _server.Endpoints();
        var seen = new ConcurrentDictionary<(string Operation, int Status), int>();
        var signed = 0;
        for (var sent = 0; sent < Requests; sent += Batch)
        {
            await SendSomeAsync(operations);
        }

        Assert.True(signed > 0, "No signed request was taken.");
        if (Requests >= Enough)
        {
            foreach (var operation in operations)
            {
                for (var sent = 0; sent < EnoughOfOne && Unreached([operation], seen).Any(); sent += Batch)
                {
                    await SendSomeAsync([operation]);
                }
            }

            var unreached = Unreached(operations, seen).ToList();
            Assert.True(unreached.Count == 0, string.Join('\n', unreached));
        }

        async Task SendSomeAsync(IReadOnlyList<(string Method, string Pattern, Endpoint Endpoint)> these)
        {
            await requests.RefreshAsync();
            var any = Gen.Select(
                Gen.Int[0, these.Count - 1],
                Gen.Int[0, int.MaxValue],
                (i, seed) => requests.Make(these[i].Method, these[i].Pattern, new Random(seed))
            );
            await any.SampleAsync(SendAsync, iter: Batch, threads: 2);
        }

        async Task SendAsync(Sent request)
        {
            using var message = requests.Message(request);
            using var response = await _server.Http.SendAsync(message, TestContext.Current.CancellationToken);
            var (status, text) = (
                (int)response.StatusCode,
                await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
            );
            Refusals.Check(status, request.Method, request.Path, text, Path.Combine(_server.Folder, "data"), request.ToString());
            Assert.True(
                status != 405 || response.Content.Headers.Allow.Count > 0,
                $"{request} is refused for its method and not told which there are."
            );

            // What succeeds with a path that was cut was something else.
            if (request.IsOfOperation && (request.IsPlain || status >= 400))
            {
                seen.AddOrUpdate((request.Operation, status), 1, (_, n) => n + 1);
                signed += request.Who == "signed" && status < 400 ? 1 : 0;
            }
        }
    }

    /// <summary>Requests that all fail at the door would show nothing: every operation must have done what it is for, and have refused what
    /// it can refuse.</summary>
    private static IEnumerable<string> Unreached(
        IReadOnlyList<(string Method, string Pattern, Endpoint Endpoint)> operations,
        IReadOnlyDictionary<(string Operation, int Status), int> seen
    )
    {
        var texts = OperationTable.Load();
        foreach (var (method, pattern, endpoint) in operations)
        {
            var operation = $"{method} {pattern}";
            var statuses = seen.Keys.Where(key => key.Operation == operation).Select(key => key.Status).ToList();
            var told = $"{operation}: {string.Join(", ", statuses.Order().Select(status => $"{status} x {seen[(operation, status)]}"))}";
            if (
                !SucceedsForAMoment.Contains(operation)
                && statuses.Any(status => status < 400) == NeverSucceeds.ContainsKey(operation)
            )
            {
                yield return $"{told}; it {(NeverSucceeds.TryGetValue(operation, out var why) ? why : "never succeeded")}";
            }

            // What reads a body has bad ones; the rest cannot refuse anything but the caller, and what is open not even that.
            if (
                texts.Find(method, pattern)?.Request is not null
                && !NeverSucceeds.ContainsKey(operation)
                && !statuses.Any(status => status is >= 400 and not (401 or 403 or 404 or 405))
            )
            {
                yield return $"{told}; it never refused a body";
            }

            if (
                (endpoint.Metadata.GetMetadata<OpenToAll>() is null || endpoint.Metadata.GetMetadata<NeedsLogin>() is not null)
                && !statuses.Contains(401)
            )
            {
                yield return $"{told}; it never refused a caller";
            }
        }
    }
}

public sealed class RandomRequestsOnSqlite : RandomRequestTests
{
    /// <summary>Wide where somebody waits for a build, quick where somebody waits for a test.</summary>
    protected override int Requests => Environment.GetEnvironmentVariable("CI") == "true" ? Enough : 2_000;
}

public sealed class RandomRequestsOnPostgres : RandomRequestTests
{
    private static readonly string? Server = Environment.GetEnvironmentVariable("HOLDFAST_TEST_POSTGRES");
    private readonly string _database = $"hf_random_{Guid.CreateVersion7():N}";

    protected override int Requests => 2_000;

    protected override (string, string)[] Settings =>
        [("HOLDFAST_Catalog__Postgres", new NpgsqlConnectionStringBuilder(Server) { Database = _database }.ToString())];

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Server is null, "HOLDFAST_TEST_POSTGRES is not set: no PostgreSQL to test on");
        await RunAsync($"CREATE DATABASE {_database}");
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Server is not null)
        {
            await RunAsync($"DROP DATABASE IF EXISTS {_database} WITH (FORCE)");
        }
    }

    private static async Task RunAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Server ?? "");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
