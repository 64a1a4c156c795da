using Holdfast.Control;
using Holdfast.Control.Tasks;
using Holdfast.Server.Http;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Tests.Vbs;

public sealed class TaskQueryTests(TestServer server)
{
    [Theory]
    [InlineData("sort_key=name")]
    [InlineData("sort_dir=up")]
    [InlineData("limit=0")]
    [InlineData("limit=-1")]
    [InlineData("limit=ten")]
    [InlineData("limit=")]
    [InlineData("offset=-1")]
    [InlineData("offset=1.5")]
    [InlineData("status=success")]
    [InlineData("marker=nobody")]
    [InlineData("marker=01a20971-0000-7000-8000-000000000000")]
    public async Task A_bad_parameter_is_refused_and_named(string query)
    {
        var id = await server.CreatePolicyAsync("tasks_1");

        var refused = await server.SendAsync("GET", $"/v2/{{p}}/backuppolicy/{id}/backuptasks?{query}");

        Assert.Equal("AutoBackup.0008", refused.ExpectError(400));
        Assert.Contains($"'{query[..query.IndexOf('=')]}'", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_never_fired_has_no_tasks()
    {
        var id = await server.CreatePolicyAsync("tasks_2");

        Assert.Equal(
            """{"count":0,"tasks":[]}""",
            (await server.SendAsync("GET", $"/v2/{{p}}/backuppolicy/{id}/backuptasks?offset=99999999999999999999&job_id=x&unknown=1")).Text
        );
    }

    [Fact]
    public void The_defaults_are_the_contracts() =>
        Assert.Equal((20, 0L, false), Read("") is var query ? (query.Limit, query.Offset, query.Ascending) : default);

    [Theory]
    [InlineData("?limit=5000", 1000)]
    [InlineData("?limit=99999999999999999999", 1000)]
    [InlineData("?limit=7&limit=9", 7)]
    public void A_limit_is_taken_once_and_at_most_a_thousand(string query, int limit) => Assert.Equal(limit, Read(query).Limit);

    [Fact]
    public void Every_parameter_is_read()
    {
        var query = Read(
            "?sort_key=created_at&sort_dir=ASC&limit=3&offset=4&marker=0781095c-b8ab-4ce5-99f3-4c5f6ff75319&job_id=c11b5a18-4559-4731-b7b3-58e2bd89cdb9&status=EXECUTE_TIMEOUT"
        );

        Assert.True(query.Ascending);
        Assert.Equal((3, 4L, BackupTaskStatus.TimedOut), (query.Limit, query.Offset, query.Status));
        Assert.Equal("0781095c-b8ab-4ce5-99f3-4c5f6ff75319", query.Marker.ToString());
        Assert.Equal("c11b5a18-4559-4731-b7b3-58e2bd89cdb9", query.Task.ToString());
    }

    [Fact]
    public void A_status_of_another_case_is_none() => Assert.Throws<ApiException>(() => Read("?status=skip"));

    private static TaskQuery Read(string query) => TaskQueryString.Read(new QueryString(query), new ProjectId("p"), default);
}
