namespace Holdfast.Server.Tests.Vbs;

public sealed class PolicyTests(TestServer server)
{
    private const string Path = "/v2/{p}/backuppolicy";
    private const string Whole =
        """{"backup_policy_name": "p1", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
            + """ "status": "ON"}}""";

    [Theory]
    [InlineData("AutoBackup.0000", "")]
    [InlineData("AutoBackup.0001", """{}""")]
    [InlineData("AutoBackup.0001", """{"backup_policy_name": "p1"}""")]
    [InlineData("AutoBackup.0001", """{"backup_policy_name": "p1", "scheduled_policy": {}}""")]
    [InlineData("AutoBackup.0008", """{"backup_policy_name": """)]
    [InlineData("AutoBackup.0008", """[]""")]
    [InlineData("AutoBackup.0008", """{"backup_policy_name": 5, "scheduled_policy": {"status": "ON"}}""")]
    [InlineData("AutoBackup.0008", """{"backup_policy_name": "p1", "scheduled_policy": []}""")]
    [InlineData("AutoBackup.0008", """{"backup_policy_name": "p\u0000", "scheduled_policy": {"status": "ON"}}""")]
    [InlineData("AutoBackup.0008", """{"backup_policy_name": "\ud800", "scheduled_policy": {"status": "ON"}}""")]
    [InlineData(
        "AutoBackup.0101",
        """{"backup_policy_name": "", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0101",
        """{"backup_policy_name": "01234567890123456789012345678901234567890123456789012345678901234","""
            + """ "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0101",
        """{"scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0102",
        """{"backup_policy_name": "a b", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
            + """ "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0102",
        """{"backup_policy_name": "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "scheduled_policy": {"start_time": "12:00", "frequency": 1,"""
            + """ "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0102",
        """{"backup_policy_name": "a\n", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
            + """ "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0102",
        """{"backup_policy_name": "DefaultX", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
            + """ "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0221",
        """{"backup_policy_name": "a<b", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
            + """ "status": "ON"}}"""
    )]
    public async Task A_bad_body_is_refused_with_its_code(string code, string body) =>
        Assert.Equal(code, (await server.SendAsync("POST", Path, body)).ExpectError(400));

    [Theory]
    [InlineData("AutoBackup.0103", "start_time", "null")]
    [InlineData("AutoBackup.0103", "start_time", "\"12:30\"")]
    [InlineData("AutoBackup.0103", "start_time", "\"24:00\"")]
    [InlineData("AutoBackup.0103", "start_time", "\"12:00, 13:00\"")]
    [InlineData("AutoBackup.0103", "start_time", "\"12:00,12:00\"")]
    [InlineData("AutoBackup.0008", "start_time", "12")]
    [InlineData("AutoBackup.0104", "status", "\"on\"")]
    [InlineData("AutoBackup.0104", "status", "null")]
    [InlineData("AutoBackup.0105", "remain_first_backup_of_curMonth", "\"y\"")]
    [InlineData("AutoBackup.0106", "frequency", "0")]
    [InlineData("AutoBackup.0106", "frequency", "31")]
    [InlineData("AutoBackup.0106", "frequency", "1.5")]
    [InlineData("AutoBackup.0106", "frequency", "null")]
    [InlineData("AutoBackup.0008", "frequency", "\"1\"")]
    [InlineData("AutoBackup.0107", "rentention_num", "1")]
    [InlineData("AutoBackup.0107", "rentention_num", "100")]
    [InlineData("AutoBackup.0107", "rentention_num", "null")]
    [InlineData("AutoBackup.0107", "rentention_num", "1e400")]
    public async Task A_bad_member_of_the_schedule_is_refused_with_its_code(string code, string member, string value)
    {
        var schedule = new Dictionary<string, string>
        {
            ["start_time"] = "\"12:00\"",
            ["frequency"] = "1",
            ["rentention_num"] = "10",
            ["status"] = "\"ON\"",
            [member] = value,
        };
        var body =
            $$"""{"backup_policy_name": "p1", "scheduled_policy":"""
                + $$""" { {{string.Join(", ", schedule.Select(pair => $"\"{pair.Key}\": {pair.Value}"))}} } }""";

        var refused = (await server.SendAsync("POST", Path, body)).ExpectError(400);

        // A number that no double holds is no number, or one out of range: both are refusals that name it.
        Assert.Equal(value == "1e400" && refused == "AutoBackup.0008" ? "AutoBackup.0008" : code, refused);
    }

    [Theory]
    [InlineData("AutoBackup.0106", "week_frequency", """[]""")]
    [InlineData("AutoBackup.0106", "week_frequency", """["MON", "MON"]""")]
    [InlineData("AutoBackup.0106", "week_frequency", """["mon"]""")]
    [InlineData("AutoBackup.0008", "week_frequency", """[1]""")]
    [InlineData("AutoBackup.0107", "rentention_day", "1.9")]
    [InlineData("AutoBackup.0107", "rentention_day", "100000")]
    public async Task A_bad_second_of_a_pair_is_refused_with_its_code(string code, string member, string value)
    {
        var other = member == "week_frequency" ? "\"rentention_num\": 10" : "\"frequency\": 1";
        var body =
            $$"""{"backup_policy_name": "p1", "scheduled_policy": {"start_time": "12:00", "status": "ON", {{other}},"""
                + $$""" "{{member}}": {{value}} } }""";

        Assert.Equal(code, (await server.SendAsync("POST", Path, body)).ExpectError(400));
    }

    [Theory]
    [InlineData("AutoBackup.0226", "time_zone", "\"UTC+14:01\"")]
    [InlineData("AutoBackup.0226", "time_zone", "\"UTC-13:00\"")]
    [InlineData("AutoBackup.0226", "time_zone", "\"utc+01:00\"")]
    [InlineData("AutoBackup.0214", "tags", """[{"key": "a"}]""")]
    [InlineData("AutoBackup.0214", "tags", """[{"key": "a", "value": ""}, {"key": "a", "value": "x"}]""")]
    [InlineData("AutoBackup.0214", "tags", """[{"key": "a=b", "value": ""}]""")]
    [InlineData("AutoBackup.0214", "tags", """[{"key": ".", "value": ""}]""")]
    [InlineData("AutoBackup.0214", "tags", """[{"key": "..", "value": ""}]""")]
    [InlineData(
        "AutoBackup.0215",
        "tags",
        """["""
            + TestServer.ElevenTags
            + """]"""
    )]
    public async Task A_bad_member_beside_the_schedule_is_refused_with_its_code(string code, string member, string value)
    {
        var body = $$"""{"{{member}}": {{value}}, {{Whole[1..]}}""";

        Assert.Equal(code, (await server.SendAsync("POST", Path, body)).ExpectError(400));
    }

    [Fact]
    public async Task A_policy_is_listed_as_it_was_made_with_only_the_members_in_force()
    {
        const string body = """
            {"backup_policy_name": "golden_1", "time_zone": "UTC+02:00", "tags": [{"key": "team", "value": ""}],
             "unknown": {"is": "ignored"},
             "scheduled_policy": {"start_time": "22:00,00:00", "week_frequency": ["WED", "SUN"], "rentention_day": 30.9,
              "remain_first_backup_of_curMonth": "Y", "status": "ON"}}
            """;
        var id = (await server.SendAsync("POST", Path, body)).Expect(200).GetProperty("backup_policy_id").GetString();

        var listed = (await server.SendAsync("GET", Path))
            .Expect(200)
            .GetProperty("backup_policies")
            .EnumerateArray()
            .Single(policy => policy.GetProperty("backup_policy_id").GetString() == id);

        Assert.Equal(
            $$"""{"backup_policy_id":"{{id}}","backup_policy_name":"golden_1","scheduled_policy":{"start_time":"22:00,"""
                + """00:00","week_frequency":["WED","SUN"],"rentention_day":"""
                + """30,"remain_first_backup_of_curMonth":"Y","status":"ON"},"policy_resource_count":0,"time_zone":"UTC+02:00"}""",
            listed.GetRawText()
        );
    }

    [Fact]
    public async Task An_update_changes_what_it_names_and_a_member_of_a_pair_replaces_the_other()
    {
        var id = await server.CreatePolicyAsync("update_1");

        (
            await server.SendAsync(
                "PUT",
                $"{Path}/{id}",
                $$"""{"backup_policy_id": "{{id}}", "scheduled_policy": {"week_frequency": ["MON"], "rentention_day": 5} }"""
            )
        ).Expect(200);
        (await server.SendAsync("PUT", $"{Path}/{id}", """{"backup_policy_name": "update_2", "scheduled_policy": {}}""")).Expect(200);
        (await server.SendAsync("PUT", $"{Path}/{id}", "{}")).Expect(200);

        var listed = (await server.SendAsync("GET", Path))
            .Json.GetProperty("backup_policies")
            .EnumerateArray()
            .Single(policy => policy.GetProperty("backup_policy_id").GetString() == id);
        Assert.Equal("update_2", listed.GetProperty("backup_policy_name").GetString());
        Assert.Equal(
            $$"""{"start_time":"{{TestServer.FarHour()}}","week_frequency":["MON"],"rentention_day":"""
                + """5,"remain_first_backup_of_curMonth":"N","status":"ON"}""",
            listed.GetProperty("scheduled_policy").GetRawText()
        );
    }

    /// <summary>A client that keeps its own record of a policy compares them after each change: what it switched to is there, and the other
    /// of the pair is not.</summary>
    [Fact]
    public async Task Pairs_are_switched_forth_and_back_and_the_next_request_sees_it()
    {
        var id = await server.CreatePolicyAsync("switch_1");
        async Task SwitchAsync(string sent, string expected)
        {
            (await server.SendAsync("PUT", $"{Path}/{id}", $$"""{"scheduled_policy": {{sent}} }""")).Expect(200);
            var listed = (await server.SendAsync("GET", Path))
                .Json.GetProperty("backup_policies")
                .EnumerateArray()
                .Single(policy => policy.GetProperty("backup_policy_id").GetString() == id);
            Assert.Equal(expected, listed.GetProperty("scheduled_policy").GetRawText());
        }

        await SwitchAsync(
            """{"start_time": "22:00,00:00,02:00"}""",
            """{"start_time":"22:00,00:00,02:00","frequency":1,"rentention_num":10,"remain_first_backup_of_curMonth":"N","status":"ON"}"""
        );
        await SwitchAsync(
            """{"week_frequency": ["SAT", "MON", "WED"]}""",
            """{"start_time":"22:00,00:00,02:00","week_frequency":["SAT","MON","WED"],"rentention_num":"""
                + """10,"remain_first_backup_of_curMonth":"N","status":"ON"}"""
        );
        await SwitchAsync(
            """{"frequency": 14}""",
            """{"start_time":"22:00,00:00,02:00","frequency":14,"rentention_num":10,"remain_first_backup_of_curMonth":"N","status":"ON"}"""
        );
        await SwitchAsync(
            """{"rentention_day": 30}""",
            """{"start_time":"22:00,00:00,02:00","frequency":14,"rentention_day":30,"remain_first_backup_of_curMonth":"N","status":"ON"}"""
        );
        await SwitchAsync(
            """{"rentention_num": 2, "rentention_day": 5, "status": "OFF"}""",
            """{"start_time":"22:00,00:00,02:00","frequency":14,"rentention_num":2,"remain_first_backup_of_curMonth":"N","status":"OFF"}"""
        );
    }

    [Fact]
    public async Task The_default_policy_is_there_and_is_neither_renamed_nor_deleted()
    {
        var policy = (await server.SendAsync("GET", Path))
            .Expect(200)
            .GetProperty("backup_policies")
            .EnumerateArray()
            .Single(p => p.GetProperty("backup_policy_name").GetString() == "defaultPolicy");
        var id = policy.GetProperty("backup_policy_id").GetString();

        Assert.Equal(
            "AutoBackup.0100",
            (await server.SendAsync("PUT", $"{Path}/{id}", """{"backup_policy_name": "other"}""")).ExpectError(403)
        );
        Assert.Equal("AutoBackup.0100", (await server.SendAsync("DELETE", $"{Path}/{id}")).ExpectError(403));
    }

    [Theory]
    [InlineData("PUT", "", "AutoBackup.0205", "{}")]
    [InlineData("DELETE", "", "AutoBackup.0205", null)]
    [InlineData("POST", "/action", "AutoBackup.0205", null)]
    [InlineData("GET", "/backuptasks", "AutoBackup.1100", null)]
    [InlineData("GET", "/backuptasks?limit=0", "AutoBackup.1100", null)]
    public async Task A_policy_that_does_not_exist_is_not_found(string method, string rest, string code, string? body)
    {
        Assert.Equal(code, (await server.SendAsync(method, $"{Path}/01a20971-0000-7000-8000-000000000000{rest}", body)).ExpectError(404));
        Assert.Equal(code, (await server.SendAsync(method, $"{Path}/no-id{rest}", body)).ExpectError(404));
    }

    [Fact]
    public async Task A_deleted_policy_is_gone_with_its_tasks()
    {
        var id = await server.CreatePolicyAsync("deleted_1");

        Assert.Equal("", (await server.SendAsync("DELETE", $"{Path}/{id}/")).Text);

        Assert.Equal("AutoBackup.1100", (await server.SendAsync("GET", $"{Path}/{id}/backuptasks")).ExpectError(404));
        Assert.Equal("AutoBackup.0205", (await server.SendAsync("DELETE", $"{Path}/{id}")).ExpectError(404));
    }

    [Theory]
    [InlineData("AutoBackup.0006", 400, """{"resources": [{"resource_id": "x", "resource_type": "volume"}]}""")]
    [InlineData("AutoBackup.0207", 400, """{"backup_policy_id": "POLICY"}""")]
    [InlineData("AutoBackup.0207", 400, """{"backup_policy_id": "POLICY", "resources": []}""")]
    [InlineData("AutoBackup.0209", 400, """{"backup_policy_id": "POLICY", "resources": [{"resource_type": "volume"}]}""")]
    [InlineData(
        "AutoBackup.0211",
        400,
        """{"backup_policy_id": "POLICY", "resources": [{"resource_id": "x", "resource_type": "server"}]}"""
    )]
    [InlineData("AutoBackup.0205", 404, """{"backup_policy_id": "none", "resources": [{"resource_id": "x", "resource_type": "volume"}]}""")]
    public async Task A_bad_association_is_refused_with_its_code(string code, int status, string body)
    {
        var id = await server.CreatePolicyAsync("assoc_1");

        Assert.Equal(
            code,
            (
                await server.SendAsync("POST", "/v2/{p}/backuppolicyresources", body.Replace("POLICY", id, StringComparison.Ordinal))
            ).ExpectError(status)
        );
    }

    [Fact]
    public async Task A_volume_that_does_not_exist_fails_by_itself_with_code_and_message()
    {
        var id = await server.CreatePolicyAsync("assoc_2");

        var answer = await server.SendAsync(
            "POST",
            "/v2/{p}/backuppolicyresources",
            $$"""{"backup_policy_id": "{{id}}", "resources": [{"resource_id": "nothing", "resource_type": "volume"}]}"""
        );

        // Where it is, nobody knows who does not have it.
        Assert.Equal(
            """{"success_resources":[],"fail_resources":"""
                + """[{"resource_id":"nothing","resource_type":"volume","code":"AutoBackup.1400","message":"there is no volume """
                + """'nothing'"}]}""",
            answer.Text
        );
    }

    [Fact]
    public async Task A_volume_of_another_zone_is_answered_with_that_zone()
    {
        var volume = (
            await server.SendAsync("POST", "/v3/{p}/volumes", """{"volume": {"size": 1, "availability_zone": "eu-de-01"} }""")
        )
            .Expect(202)
            .GetProperty("volume")
            .GetProperty("id")
            .GetString();
        var done = (
            await server.SendAsync(
                "POST",
                "/v2/{p}/backuppolicyresources",
                $$"""{"backup_policy_id": "{{await server.CreatePolicyAsync("assoc_zone")}}","""
                    + $$""" "resources": [{"resource_id": "{{volume}}", "resource_type": "volume"}]}"""
            )
        )
            .Expect(200)
            .GetProperty("success_resources")[0];
        Assert.Equal(
            ("eu-de-01", "holdfast.eu-de-01"),
            (done.GetProperty("availability_zone").GetString(), done.GetProperty("os_vol_host_attr").GetString())
        );
    }

    [Fact]
    public async Task A_volume_that_is_named_twice_is_answered_once_with_where_it_is()
    {
        var volume = await server.AddVolumeAsync("assoc_3");
        var id = await server.CreatePolicyAsync("assoc_3");
        var resource = $$"""{"resource_id": "{{volume}}", "resource_type": "volume"}""";

        var answer = await server.SendAsync(
            "POST",
            "/v2/{p}/backuppolicyresources",
            $$"""{"backup_policy_id": "{{id}}", "resources": [{{resource}}, {{resource}}]}"""
        );
        Assert.Equal(
            $$"""{"success_resources":[{"resource_id":"{{volume}}","resource_type":"volume","availability_zone":"nova","""
                + "\"os_vol_host_attr\":\"holdfast.nova\"}],\"fail_resources\":[]}",
            answer.Text
        );

        answer = await server.SendAsync(
            "POST",
            $"/v2/{{p}}/backuppolicyresources/{id}/deleted_resources",
            $$"""{"resources": [{{resource}}, {{resource}}]}"""
        );
        Assert.Equal($$"""{"success_resources":[{"resource_id":"{{volume}}"}],"fail_resources":[]}""", answer.Text);
        answer = await server.SendAsync(
            "POST",
            $"/v2/{{p}}/backuppolicyresources/{id}/deleted_resources",
            $$"""{"resources": [{{resource}}]}"""
        );
        Assert.Equal(
            $$"""{"success_resources":[],"fail_resources":[{"resource_id":"{{volume}}","code":"AutoBackup.1400","message":"volume """
                + $$"""'{{volume}}' is not associated with this policy"}]}""",
            answer.Text
        );
    }
}
