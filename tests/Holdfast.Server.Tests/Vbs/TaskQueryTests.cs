using Holdfast.Control;
using Holdfast.Control.Tasks;
using Holdfast.Server.Http;
using Holdfast.Server.Vbs;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Tests.Vbs;

/// <summary>On a service of its own: a list is asked for twice, and must be the same.</summary>
public sealed class TaskQueryTests(TestServer server) : IClassFixture<TestServer>
{
    [Theory]
    [InlineData("sort_key=name")]
    [InlineData("sort_dir=up")]
    [InlineData("limit=0")]
    [InlineData("limit=-1")]
    [InlineData("limit=ten")]
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

    /// <summary>Clients send forms with empty fields.</summary>
    [Theory]
    [InlineData("?sort_key=&sort_dir=&limit=&offset=&marker=&job_id=&status=")]
    [InlineData("?sort_key&sort_dir&limit&offset&marker&job_id&status")]
    public void A_parameter_that_is_empty_is_as_if_it_were_not_there(string query) => Assert.Equal(Read(""), Read(query));

    [Fact]
    public void Of_a_parameter_given_empty_and_with_a_value_the_value_counts() => Assert.Equal(7, Read("?limit=&limit=7&limit=9").Limit);

    [Theory]
    [InlineData("/v2/{p}/backuppolicy/{policy}/backuptasks", "sort_key sort_dir limit offset marker job_id status")]
    [InlineData("/v2/{p}/backups/detail", "name status volume_id limit offset marker sort sort_key sort_dir with_count all_tenants")]
    [InlineData("/v3/{p}/volumes/detail", "name status size metadata limit offset marker sort sort_key sort_dir with_count bootable")]
    [InlineData("/v3/{p}/snapshots", "limit offset marker sort sort_key sort_dir with_count")]
    [InlineData("/v2/{p}/os-vendor-backup-sharing/detail", "share_to_me name status backup_id volume_id limit offset sort_key sort_dir")]
    [InlineData("/v2/{p}/os-vendor-backup-sharing/count", "share_to_me name status backup_id volume_id from_project_id to_project_id")]
    [InlineData("/identity/v3/projects", "name enabled domain_id")]
    [InlineData("/identity/v3/users", "name")]
    [InlineData("/identity/v3/roles", "name")]
    [InlineData("/identity/v3/role_assignments", "user.id scope.project.id role.id")]
    public async Task Every_list_answers_empty_parameters_as_if_they_were_not_given(string path, string parameters)
    {
        var policy = await server.CreatePolicyAsync($"empty_{Guid.CreateVersion7():N}");
        await server.AddVolumeAsync($"empty_{Guid.CreateVersion7():N}");
        var list = path.Replace("{policy}", policy, StringComparison.Ordinal);

        foreach (var query in (string[])[.. parameters.Split(' ').Select(name => $"{name}="), parameters.Replace(" ", "=&") + "="])
        {
            Assert.True(await IsAsWithoutAsync(list, query), $"{list}?{query} is not as {list}");
        }
    }

    /// <summary>Whether a list answers a query as it answers none.</summary>
    private async Task<bool> IsAsWithoutAsync(string list, string query)
    {
        var plain = await server.SendAsync("GET", list);
        var answer = await server.SendAsync("GET", $"{list}?{query}");
        return (answer.Status, answer.Text.Replace($"?{query}", "", StringComparison.Ordinal)) == (200, plain.Text);
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
            "?sort_key=created_at&sort_dir=ASC&limit=3&offset=4&marker=0781095c-b8ab-4ce5-99f3-4c5f6ff75319"
                + "&job_id=c11b5a18-4559-4731-b7b3-58e2bd89cdb9&status=EXECUTE_TIMEOUT"
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
