using System.Net;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;

namespace Holdfast.Tests.Client;

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
        var peer = new ScriptedPeer()
            .Authenticates("t1")
            .Answers(HttpStatusCode.OK, """{"backup_policies":[]}""")
            .Answers(HttpStatusCode.OK, """{"volumes":[]}""");
        using var api = Open(peer);

        await api.ListPoliciesAsync(Cancel);
        await api.ListVolumesAsync(Cancel);

        Assert.Equal(
            [
                "POST http://vbs.example:8776/identity/v3/auth/tokens",
                $"GET http://vbs.example:8776/v2/{ScriptedPeer.Project}/backuppolicy",
                $"GET http://vbs.example:8776/v3/{ScriptedPeer.Project}/volumes/detail?limit=1000",
            ],
            peer.Asked.Select(asked => asked.Request)
        );
    }

    [Fact]
    public async Task The_token_is_asked_for_with_password_and_project_scope()
    {
        var peer = new ScriptedPeer().Authenticates("t1").Answers(HttpStatusCode.OK, """{"backup_policies":[]}""");
        using var api = Open(peer);

        await api.ListPoliciesAsync(Cancel);

        Assert.Equal(
            """{"auth":{"identity":{"methods":["password"]"""
                + ""","password":{"user":{"name":"admin","password":"secret","domain":{"name":"Default"}}}}"""
                + ""","scope":{"project":{"name":"default","domain":{"name":"Default"}}}}}""",
            peer.Asked[0].Body
        );
        Assert.Equal("t1", peer.Asked[1].Token);
    }

    [Theory]
    [InlineData("Domain", """ "scope":{"domain":{"name":"Default"}}}}""")]
    [InlineData("None", """ "scope":"unscoped"}}""")]
    public void Other_scopes_are_asked_for_by_name(string scope, string end) =>
        Assert.EndsWith(end.TrimStart(), Session.TokenRequest(Settings, Enum.Parse<TokenScope>(scope)), StringComparison.Ordinal);

    [Fact]
    public void Who_has_logged_in_gets_another_token_with_the_one_that_is_kept() =>
        Assert.Equal(
            """{"auth":{"identity":{"methods":["token"],"token":{"id":"kept"}},"""
                + """ "scope":{"project":{"name":"default","domain":{"name":"Default"}}}}}""".TrimStart(),
            Session.TokenRequest(Settings with { Password = "", Token = "kept" }, TokenScope.Project)
        );

    [Fact]
    public async Task A_token_that_is_no_longer_known_is_replaced_once()
    {
        var peer = new ScriptedPeer()
            .Authenticates("old")
            .Answers(HttpStatusCode.Unauthorized)
            .Authenticates("new")
            .Answers(HttpStatusCode.OK, """{"backup_policies":[]}""");
        using var api = Open(peer);

        Assert.Empty(await api.ListPoliciesAsync(Cancel));

        Assert.Equal(("old", "new"), (peer.Asked[1].Token, peer.Asked[3].Token));
    }

    [Fact]
    public async Task A_second_refusal_of_the_token_is_the_callers()
    {
        var peer = new ScriptedPeer()
            .Authenticates("a")
            .Answers(HttpStatusCode.Unauthorized)
            .Authenticates("b")
            .Answers(HttpStatusCode.Unauthorized, """{"error":{"code":"AutoBackup.0003","message":"token expired"}}""");
        using var api = Open(peer);

        var refused = await Assert.ThrowsAsync<ApiRefusedException>(() => api.ListPoliciesAsync(Cancel));

        Assert.Equal((401, "AutoBackup.0003"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_wrong_password_is_said_with_what_to_check()
    {
        using var api = Open(
            new ScriptedPeer().Answers(HttpStatusCode.Unauthorized, """{"error":{"code":401,"message":"no","title":"Unauthorized"}}""")
        );

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
    [InlineData(
        """{"error":{"code":"AutoBackup.1100","message":"no such policy"}}""",
        "AutoBackup.1100",
        "no such policy (AutoBackup.1100, HTTP 404)"
    )]
    [InlineData("""{"itemNotFound":{"code":404,"message":"no such backup"}}""", null, "no such backup (HTTP 404)")]
    [InlineData("<html>", null, "GET /x was answered with HTTP 404 and no reason.")]
    [InlineData("", null, "GET /x was answered with HTTP 404 and no reason.")]
    [InlineData("""[1]""", null, "GET /x was answered with HTTP 404 and no reason.")]
    public void Every_shape_of_error_body_gives_its_message(string body, string? code, string message)
    {
        var refused = ApiRefusedException.Read("GET /x", 404, System.Text.Encoding.UTF8.GetBytes(body), sent: null);

        Assert.Equal((code, message), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task Backups_are_fetched_page_by_page_until_a_short_one()
    {
        var full = string.Join(',', Enumerable.Range(0, 1000).Select(n => $$"""{"id":"b{{n}}","status":"available"}"""));
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, $$"""{"backups":[{{full}}]}""")
            .Answers(HttpStatusCode.OK, """{"backups":[{"id":"last","status":"available"}]}""");
        using var api = Open(peer);

        var backups = await api.ListBackupsAsync(ListRequest.Where(("volume_id", "v 1")), Cancel);

        Assert.Equal(1001, backups.Count);
        Assert.EndsWith("/backups/detail?volume_id=v%201&limit=1000&marker=b999", peer.Asked[2].Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tasks_page_keeps_the_services_answer_and_reads_its_times_as_utc()
    {
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(
                HttpStatusCode.OK,
                """
                {"count":41,"tasks":[{"job_id":"j1","status":"EXECUTE_FAIL","created_at":"2016-12-02T12:00:00.312",
                "finished_at":"2016-12-02T12:00:01.312","resource_id":"v1","fail_reason":"VolumeBackup.0012#no"}]}
                """
            );
        using var api = Open(peer);

        var page = await api.ListTasksAsync("p1", new TaskFilter(Status: "EXECUTE_FAIL", Limit: 1, Marker: "j0"), Cancel);

        Assert.EndsWith(
            "/backuppolicy/p1/backuptasks?status=EXECUTE_FAIL&limit=1&marker=j0",
            peer.Asked[1].Request,
            StringComparison.Ordinal
        );
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

    [Fact]
    public async Task A_list_is_asked_for_in_part_and_order_and_the_offset_counts_once()
    {
        var full = string.Join(',', Enumerable.Range(0, 1000).Select(n => $$"""{"id":"v{{n}}"}"""));
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, $$"""{"volumes":[{{full}}]}""")
            .Answers(HttpStatusCode.OK, """{"volumes":[{"id":"last"}]}""");
        using var api = Open(peer);

        var volumes = await api.ListVolumesAsync(
            ListRequest.Where(("name~", "a b")) with
            {
                Sort = "name:asc",
                Limit = 1001,
                Offset = 5,
                Marker = "m",
            },
            Cancel
        );

        Assert.Equal(1001, volumes.Count);
        Assert.EndsWith(
            "/volumes/detail?name~=a%20b&sort=name%3Aasc&limit=1000&offset=5&marker=m",
            peer.Asked[1].Request,
            StringComparison.Ordinal
        );
        Assert.EndsWith("/volumes/detail?name~=a%20b&sort=name%3Aasc&limit=1&marker=v999", peer.Asked[2].Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sharings_are_fetched_on_by_their_offset()
    {
        var full = string.Join(',', Enumerable.Range(0, 1000).Select(n => $$"""{"id":"s{{n}}"}"""));
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, $$"""{"shared":[{{full}}]}""")
            .Answers(HttpStatusCode.OK, """{"shared":[]}""");
        using var api = Open(peer);

        Assert.Equal(1000, (await api.Backups.ListSharesAsync(ListRequest.All with { Offset = 7 }, Cancel)).Count);

        Assert.EndsWith("/detail?limit=1000&offset=1007", peer.Asked[2].Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_by_part_and_counts_are_asked_for_with_the_version_that_has_them()
    {
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, """{"backups":[],"count":41}""")
            .Answers(HttpStatusCode.OK, """{"backup_policies":[]}""");
        using var api = Open(peer);

        Assert.Equal(41, await api.CountBackupsAsync(ListRequest.Where(("status~", "err")), Cancel));
        await api.ListPoliciesAsync(Cancel);

        Assert.EndsWith("/backups?status~=err&limit=1&with_count=true", peer.Asked[1].Request, StringComparison.Ordinal);
        Assert.Equal((null, "volume 3.45", null), (peer.Versions[0], peer.Versions[1], peer.Versions[2]));
        Assert.Equal([false, true, false], peer.OwnMembers);
    }

    [Fact]
    public async Task A_backups_name_must_be_of_one_and_an_id_is_not_looked_up()
    {
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, """{"backups":[{"id":"b1","name":"first"}]}""")
            .Answers(HttpStatusCode.OK, """{"backups":[{"id":"b1","name":"x"},{"id":"b2","name":"x"}]}""")
            .Answers(HttpStatusCode.OK, """{"backups":[]}""");
        using var api = Open(peer);

        Assert.Equal("0199aa00-0000-7000-8000-000000000000", await api.FindBackupAsync("0199aa00-0000-7000-8000-000000000000", Cancel));
        Assert.Equal("b1", await api.FindBackupAsync("first", Cancel));
        Assert.Contains(
            "2 backups; give the id: b1, b2",
            (await Assert.ThrowsAsync<VerbFailedException>(() => api.FindBackupAsync("x", Cancel))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "'holdfast backup list' shows what there is",
            (await Assert.ThrowsAsync<VerbFailedException>(() => api.FindBackupAsync("none", Cancel))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_project_to_share_with_is_an_id_or_a_name_that_can_be_seen()
    {
        const string Other = "0123456789abcdef0123456789abcdef";
        var peer = new ScriptedPeer()
            .Authenticates("t")
            .Answers(HttpStatusCode.OK, """{"projects":[{"id":"p1","name":"mine"}]}""")
            .Answers(HttpStatusCode.Forbidden, """{"error":{"code":403,"message":"no"}}""")
            .Answers(HttpStatusCode.OK, """{"projects":[{"id":"p1","name":"mine"}]}""")
            .Answers(HttpStatusCode.OK, """{"projects":[{"id":"p1","name":"mine"},{"id":"p2","name":"team-b"}]}""");
        using var api = Open(peer);

        Assert.Equal([Other], await api.Identity.ResolveProjectsAsync([Other], Cancel));
        Assert.Contains(
            "'team-b'",
            (await Assert.ThrowsAsync<VerbFailedException>(() => api.Identity.ResolveProjectsAsync(["mine", "team-b"], Cancel))).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(["p2", "p1"], await api.Identity.ResolveProjectsAsync(["team-b", "mine"], Cancel));
    }

    [Theory]
    [InlineData(
        "AutoBackup.0107",
        "'rentention_num' is from 2 to 99",
        "--keep-count is from 2 to 99; given was --keep-count 1 (AutoBackup.0107, HTTP 400)"
    )]
    [InlineData(
        "AutoBackup.0106",
        "'week_frequency' holds days",
        "--week holds days; given was --week MON,XXX (AutoBackup.0106, HTTP 400)"
    )]
    [InlineData(
        "AutoBackup.0102",
        "'backup_policy_name' is made of letters",
        "NAME is made of letters; given was NAME ä (AutoBackup.0102, HTTP 400)"
    )]
    [InlineData("AutoBackup.0008", "'rentention_num' is odd", "'rentention_num' is odd (AutoBackup.0008, HTTP 400)")]
    public void A_refused_member_is_told_by_its_option_and_with_what_was_given(string code, string message, string told)
    {
        const string sent =
            """{"backup_policy_name":"\u00E4","scheduled_policy":{"rentention_num":1,"week_frequency":["MON","XXX"]}}""";

        var refused = ApiRefusedException.Read(
            "POST /x",
            400,
            JsonSerializer.SerializeToUtf8Bytes(new { error = new { code, message } }),
            sent
        );

        Assert.Equal(told, refused.Message);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, "<html>")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    [InlineData(HttpStatusCode.OK, "{}")]
    public async Task An_address_without_an_identity_service_names_the_variable_first(HttpStatusCode status, string body)
    {
        using var api = Open(new ScriptedPeer().Answers(status, body));

        var failed = await Assert.ThrowsAsync<VerbFailedException>(() => api.ListPoliciesAsync(Cancel));

        Assert.StartsWith(
            "OS_AUTH_URL is http://vbs.example:8776/identity/v3, and no identity service answers there",
            failed.Message,
            StringComparison.Ordinal
        );
    }

    private static HoldfastApi Open(ScriptedPeer peer) => new(new ApiConnection(Settings, peer));
}
