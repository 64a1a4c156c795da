namespace Holdfast.Server.Tests.Vbs;

/// <summary>Of two faults in one request the first is told: types, what is missing, rules of single members, limits, states
/// (error-codes.md, section 8).</summary>
public sealed class OrderOfChecksTests(TestServer server)
{
    [Theory]
    [InlineData(
        "AutoBackup.0008",
        """{"backup_policy_name": "a b", "scheduled_policy": {"start_time": "12:00", "frequency": "x", "rentention_num": 10,"""
            + """ "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0008",
        """{"backup_policy_name": "p1", "tags": 5, "scheduled_policy": {"start_time": "12:00", "frequency": 99, "rentention_num": 10,"""
            + """ "status": "ON"}}"""
    )]
    [InlineData("AutoBackup.0008", """{"backup_policy_name": "p1", "tags": [{"key": 5}], "scheduled_policy": {"frequency": 99}}""")]
    [InlineData(
        "AutoBackup.0008",
        """{"backup_policy_name": "<", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "week_frequency": [1],"""
            + """ "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0008",
        """{"backup_policy_name": "<", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
            + """ "rentention_day": "x", "status": "ON"}}"""
    )]
    [InlineData("AutoBackup.0001", """{"backup_policy_name": "a b"}""")]
    [InlineData("AutoBackup.0001", """{"backup_policy_name": "p1", "time_zone": "bad"}""")]
    [InlineData(
        "AutoBackup.0104",
        """{"backup_policy_name": "p1", "scheduled_policy": {"start_time": "12:00", "frequency": 99, "rentention_num": 10}}"""
    )]
    [InlineData(
        "AutoBackup.0101",
        """{"scheduled_policy": {"start_time": "12:00", "frequency": 99, "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0103",
        """{"backup_policy_name": "<", "scheduled_policy": {"frequency": 99, "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0107",
        """{"backup_policy_name": "a b", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0214",
        """{"backup_policy_name": "a b", "tags": [{"key": "a"}], "scheduled_policy": {"start_time": "12:00", "frequency": 1,"""
            + """ "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0221",
        """{"backup_policy_name": "a b", "time_zone": "<", "scheduled_policy": {"start_time": "12:00", "frequency": 99,"""
            + """ "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0102",
        """{"backup_policy_name": "defaultPolicy", "scheduled_policy": {"start_time": "12:00", "frequency": 99, "rentention_num": 10,"""
            + """ "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0104",
        """{"backup_policy_name": "p1", "scheduled_policy": {"start_time": "12:00", "frequency": 99, "rentention_num": 10,"""
            + """ "status": "on"}}"""
    )]
    [InlineData(
        "AutoBackup.0106",
        """{"backup_policy_name": "p1", "time_zone": "bad", "scheduled_policy": {"start_time": "12:00", "frequency": 99,"""
            + """ "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0214",
        """{"backup_policy_name": "p1", "time_zone": "bad", "tags": [{"key": "=", "value": ""}],"""
            + """ "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10, "status": "ON"}}"""
    )]
    [InlineData(
        "AutoBackup.0226",
        """{"backup_policy_name": "p1", "time_zone": "bad", "tags": ["""
            + TestServer.ElevenTags
            + """], "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10, "status": "ON"}}"""
    )]
    public async Task Of_a_policy(string code, string body) =>
        Assert.Equal(code, (await server.SendAsync("POST", "/v2/{p}/backuppolicy", body)).ExpectError(400));

    [Theory]
    [InlineData("AutoBackup.0008", """{"backup_policy_name": "a b", "scheduled_policy": {"frequency": "x"}}""")]
    [InlineData("AutoBackup.0106", """{"time_zone": "bad", "scheduled_policy": {"frequency": 99}}""")]
    [InlineData("AutoBackup.0102", """{"backup_policy_name": "a b", "scheduled_policy": {"start_time": "x"}}""")]
    public async Task Of_a_change_to_a_policy(string code, string body)
    {
        var policy = await server.CreatePolicyAsync("order_1");
        Assert.Equal(code, (await server.SendAsync("PUT", $"/v2/{{p}}/backuppolicy/{policy}", body)).ExpectError(400));
    }

    [Theory]
    [InlineData("VolumeBackup.0010", """{"backup": {"name": "a b"}}""")]
    [InlineData("VolumeBackup.0010", """{"backup": {}}""")]
    [InlineData("VolumeBackup.0002", """{"backup": {"volume_id": "x", "tags": 5}}""")]
    [InlineData("VolumeBackup.0002", """{"backup": {"volume_id": "x", "name": "a b", "description": 5}}""")]
    [InlineData("VolumeBackup.0002", """{"backup": {"tags": [{"key": 5}]}}""")]
    [InlineData("VolumeBackup.0007", """{"backup": {"volume_id": "x", "description": "<"}}""")]
    [InlineData("VolumeBackup.0049", """{"backup": {"volume_id": "x", "name": "a b", "tags": [{"key": "a"}]}}""")]
    [InlineData("VolumeBackup.0011", """{"backup": {"volume_id": "x", "name": "a b"}}""")]
    [InlineData(
        "VolumeBackup.0004",
        """{"backup": {"volume_id": "11111111-1111-1111-1111-111111111111", "name": "a b", "snapshot_id": "x"}}"""
    )]
    [InlineData(
        "VolumeBackup.0006",
        """{"backup": {"volume_id": "11111111-1111-1111-1111-111111111111", "name": "a", "description": "<", "tags": [{"key": "=","""
            + """ "value": ""}]}}"""
    )]
    public async Task Of_a_backup(string code, string body) =>
        Assert.Equal(code, (await server.SendAsync("POST", "/v2/{p}/cloudbackups", body)).ExpectError(400));

    [Theory]
    [InlineData("AutoBackup.0008", """{"resources": [{"resource_type": "server"}, 5]}""")]
    [InlineData("AutoBackup.0006", """{"resources": [{"resource_type": "server"}]}""")]
    [InlineData(
        "AutoBackup.0209",
        """{"backup_policy_id": "none", "resources": [{"resource_id": "x", "resource_type": "server"}, {"resource_type": "volume"}]}"""
    )]
    [InlineData("AutoBackup.0211", """{"backup_policy_id": "none", "resources": [{"resource_id": "x"}]}""")]
    public async Task Of_an_association(string code, string body) =>
        Assert.Equal(code, (await server.SendAsync("POST", "/v2/{p}/backuppolicyresources", body)).ExpectError(400));

    [Theory]
    [InlineData("AutoBackup.0008", """{"action": "x", "tags": 5}""")]
    [InlineData("AutoBackup.0008", """{"action": "filter", "tags": [{"values": []}], "not_tags": [{"key": "a", "values": [5]}]}""")]
    [InlineData("AutoBackup.0008", """{"action": "filter", "tags_any": [], "limit": {}}""")]
    [InlineData("AutoBackup.0222", """{"action": "x", "tags_any": []}""")]
    [InlineData("AutoBackup.0214", """{"action": "filter", "tags": [{"key": "a"}], "limit": 0}""")]
    public async Task Of_a_question_by_tags(string code, string body) =>
        Assert.Equal(code, (await server.SendAsync("POST", "/v2/{p}/backuppolicy/resource_instances/action", body)).ExpectError(400));

    [Theory]
    [InlineData(401, "GET", "/v2/{p}/backuppolicy//backuptasks", null, "AutoBackup.0002")]
    [InlineData(403, "GET", "/v2/11111111111111111111111111111111/backuppolicy//backuptasks", "mine", "AutoBackup.0213")]
    [InlineData(400, "GET", "/v2/{p}/backuppolicy//backuptasks", "mine", "AutoBackup.0006")]
    [InlineData(400, "GET", "/v2/{p}/backuppolicy//tags", "mine", "AutoBackup.0006")]
    [InlineData(400, "POST", "/v2/{p}/backuppolicy//action", "mine", "AutoBackup.0006")]
    [InlineData(400, "PUT", "/v2/{p}/backuppolicy//", "mine", "AutoBackup.0006")]
    [InlineData(400, "DELETE", "/v2/{p}/backuppolicy//", "mine", "AutoBackup.0006")]
    [InlineData(400, "POST", "/v2/{p}/backuppolicyresources//deleted_resources", "mine", "AutoBackup.0006")]
    [InlineData(401, "POST", "/v2/{p}/cloudbackups//restore", null, "VolumeBackup.0044")]
    [InlineData(400, "POST", "/v2/{p}/cloudbackups//restore", "mine", "VolumeBackup.0203")]
    public async Task An_empty_id_in_the_path_is_told_after_who_calls(int status, string method, string path, string? token, string code) =>
        Assert.Equal(code, (await server.SendAsync(method, path, token: token)).ExpectError(status));
}
