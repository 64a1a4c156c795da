using System.Net;
using Holdfast.Client;

namespace Holdfast.Tests.Client;

public sealed class FiringTests
{
    private static readonly ApiSettings Settings = new()
    {
        AuthUrl = new Uri("http://vbs.example:8776/identity/v3"),
        User = "u",
        Password = "p",
        ProjectName = "default",
        Region = "RegionOne",
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tasks_of_a_firing_are_known_though_the_clock_was_set_back_since_the_ones_before()
    {
        const string Older = """{"job_id":"old","status":"EXECUTE_SUCCESS","created_at":"2043-01-01T00:00:00Z"}""";
        const string Made = """{"job_id":"new","status":"EXECUTE_SUCCESS","created_at":"2026-01-01T00:00:00Z"}""";
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, $$"""{"count":1,"tasks":[{{Older}}]}""")
            .Answers(HttpStatusCode.NoContent)
            .Answers(HttpStatusCode.OK, $$"""{"count":2,"tasks":[{{Older}},{{Made}}]}""");
        using var api = new HoldfastApi(new ApiConnection(Settings, peer));

        var firing = await Firing.StartAsync(api, "p1", TimeProvider.System, Cancel);
        var tasks = await firing.WaitAsync(seen: null, Cancel);

        Assert.Equal(["new"], tasks.Select(task => task.Id));
    }

    [Fact]
    public async Task Open_tasks_are_waited_for_and_one_that_is_gone_is_not()
    {
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, """{"count":0,"tasks":[]}""")
            .Answers(HttpStatusCode.NoContent)
            .Answers(HttpStatusCode.OK, """{"tasks":[{"job_id":"b","status":"WAITING"},{"job_id":"a","status":"RUNNING"}]}""")
            .Answers(HttpStatusCode.OK, """{"tasks":[{"job_id":"a","status":"EXECUTE_FAIL"}]}""");
        using var api = new HoldfastApi(new ApiConnection(Settings, peer));

        var firing = await Firing.StartAsync(api, "p1", TimeProvider.System, Cancel);
        var tasks = await firing.WaitAsync(seen: null, Cancel);

        Assert.Equal(["a EXECUTE_FAIL"], tasks.Select(task => $"{task.Id} {task.Status}"));
    }
}
