using System.Net;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;

namespace Holdfast.SystemTests.Client;

public sealed class HoldfastApiTests
{
    private static readonly ApiSettings Settings = new()
    {
        AuthUrl = new Uri("http://vbs.example:8776/identity/v3"),
        User = "admin",
        Password = "secret",
        ProjectName = "default",
        Region = "RegionOne",
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Endpoints_are_the_catalogs_public_ones_of_the_region()
    {
        var peer = new ScriptedPeer().Authenticates("t1").Answers(HttpStatusCode.OK, """{"backup_policies":[]}""").Answers(HttpStatusCode.OK, """{"volumes":[]}""");
        using var api = Open(peer);

        await api.ListPoliciesAsync(Cancel);
        await api.ListVolumesAsync(Cancel);

        Assert.Equal(
            [
                "POST http://vbs.example:8776/identity/v3/auth/tokens",
                $"GET http://vbs.example:8776/v2/{ScriptedPeer.Project}/backuppolicy",
                $"GET http://vbs.example:8776/v3/{ScriptedPeer.Project}/volumes/detail",
            ],
            peer.Asked.Select(asked => asked.Request));
    }

    [Fact]
    public async Task The_token_is_asked_for_with_password_and_project_scope()
    {
        var peer = new ScriptedPeer().Authenticates("t1").Answers(HttpStatusCode.OK, """{"backup_policies":[]}""");
        using var api = Open(peer);

        await api.ListPoliciesAsync(Cancel);

        Assert.Equal(
            """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","password":"secret","domain":{"name":"Default"}}}},"scope":{"project":{"name":"default","domain":{"name":"Default"}}}}}""",
            peer.Asked[0].Body);
        Assert.Equal("t1", peer.Asked[1].Token);
    }

    [Fact]
    public async Task A_token_that_is_no_longer_known_is_replaced_once()
    {
        var peer = new ScriptedPeer().Authenticates("old").Answers(HttpStatusCode.Unauthorized).Authenticates("new").Answers(HttpStatusCode.OK, """{"backup_policies":[]}""");
        using var api = Open(peer);

        Assert.Empty(await api.ListPoliciesAsync(Cancel));

        Assert.Equal(("old", "new"), (peer.Asked[1].Token, peer.Asked[3].Token));
    }

    [Fact]
    public async Task A_second_refusal_of_the_token_is_the_callers()
    {
        var peer = new ScriptedPeer().Authenticates("a").Answers(HttpStatusCode.Unauthorized).Authenticates("b").Answers(HttpStatusCode.Unauthorized, """{"error":{"code":"AutoBackup.0003","message":"token expired"}}""");
        using var api = Open(peer);

        var refused = await Assert.ThrowsAsync<ApiRefusedException>(() => api.ListPoliciesAsync(Cancel));

        Assert.Equal((401, "AutoBackup.0003"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_wrong_password_is_said_with_what_to_check()
    {
        using var api = Open(new ScriptedPeer().Answers(HttpStatusCode.Unauthorized, """{"error":{"code":401,"message":"no","title":"Unauthorized"}}"""));

        var failed = await Assert.ThrowsAsync<VerbFailedException>(() => api.ListPoliciesAsync(Cancel));

        Assert.Contains("OS_PASSWORD", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_away_is_named()
    {
        using var api = Open(new ScriptedPeer().Fails("Connection refused"));

        var failed = await Assert.ThrowsAsync<VerbFailedException>(() => api.ListPoliciesAsync(Cancel));

        Assert.StartsWith("no answer from http://vbs.example:8776: Connection refused", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_region_without_endpoints_is_named()
    {
        using var api = new HoldfastApi(new ApiConnection(Settings with { Region = "Mars" }, new ScriptedPeer().Authenticates("t")));

        var failed = await Assert.ThrowsAsync<VerbFailedException>(() => api.ListPoliciesAsync(Cancel));

        Assert.Contains("'Mars'", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"error":{"code":"AutoBackup.1100","message":"no such policy"}}""", "AutoBackup.1100", "no such policy (AutoBackup.1100, HTTP 404)")]
    [InlineData("""{"itemNotFound":{"code":404,"message":"no such backup"}}""", null, "no such backup (HTTP 404)")]
    [InlineData("<html>", null, "GET /x was answered with HTTP 404 and no reason.")]
    [InlineData("", null, "GET /x was answered with HTTP 404 and no reason.")]
    [InlineData("""[1]""", null, "GET /x was answered with HTTP 404 and no reason.")]
    public void Every_shape_of_error_body_gives_its_message(string body, string? code, string message)
    {
        var refused = ApiRefusedException.Read("GET /x", 404, System.Text.Encoding.UTF8.GetBytes(body));

        Assert.Equal((code, message), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task Backups_are_fetched_page_by_page_until_a_short_one()
    {
        var full = string.Join(',', Enumerable.Range(0, 1000).Select(n => $$"""{"id":"b{{n}}","status":"available"}"""));
        var peer = new ScriptedPeer().Authenticates("t").Answers(HttpStatusCode.OK, $$"""{"backups":[{{full}}]}""").Answers(HttpStatusCode.OK, """{"backups":[{"id":"last","status":"available"}]}""");
        using var api = Open(peer);

        var backups = await api.ListBackupsAsync(volumeId: "v 1", status: null, name: null, limit: null, Cancel);

        Assert.Equal(1001, backups.Count);
        Assert.EndsWith("/backups/detail?volume_id=v%201&limit=1000&marker=b999", peer.Asked[2].Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tasks_page_keeps_the_services_answer_and_reads_its_times_as_utc()
    {
        var peer = new ScriptedPeer().Authenticates("t").Answers(HttpStatusCode.OK, """
            {"count":41,"tasks":[{"job_id":"j1","status":"EXECUTE_FAIL","created_at":"2016-12-02T12:00:00.312","finished_at":"2016-12-02T12:00:01.312","resource_id":"v1","fail_reason":"VolumeBackup.0012#no"}]}
            """);
        using var api = Open(peer);

        var page = await api.ListTasksAsync("p1", new TaskFilter(Status: "EXECUTE_FAIL", Limit: 1, Marker: "j0"), Cancel);

        Assert.EndsWith("/backuppolicy/p1/backuptasks?status=EXECUTE_FAIL&limit=1&marker=j0", peer.Asked[1].Request, StringComparison.Ordinal);
        Assert.Equal(41, page.Count);
        Assert.Equal(new DateTimeOffset(2016, 12, 2, 12, 0, 0, 312, TimeSpan.Zero), page.Tasks.Single().CreatedAt);
        Assert.Equal(JsonValueKind.Array, page.Raw.GetProperty("tasks").ValueKind);
    }

    [Fact]
    public void An_id_beats_a_name_and_a_name_of_several_is_refused_with_their_ids()
    {
        Tuple<string, string>[] items = [new("1", "a"), new("2", "1"), new("3", "b"), new("4", "b")];
        string Find(string text) => HoldfastApi.Pick("thing", text, items, item => item.Item1, item => item.Item2).Item1;

        Assert.Equal("1", Find("1"));
        Assert.Equal("1", Find("a"));
        Assert.Contains("3, 4", Assert.Throws<VerbFailedException>(() => Find("b")).Message, StringComparison.Ordinal);
        Assert.Contains("'c'", Assert.Throws<VerbFailedException>(() => Find("c")).Message, StringComparison.Ordinal);
    }

    private static HoldfastApi Open(ScriptedPeer peer) => new(new ApiConnection(Settings, peer));
}
