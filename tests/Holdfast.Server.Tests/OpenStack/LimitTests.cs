using System.Text.Json;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Limits and quotas, and what clients ask for that there is none of.</summary>
public sealed class LimitTests(IdleServer idle) : IClassFixture<IdleServer>
{
    [Fact]
    public async Task Limits_and_quotas_tell_what_is_set_and_what_is_used()
    {
        var server = idle.Server;
        var volume = await server.AddVolumeAsync("limits");
        (await server.SendAsync("POST", "/v3/{p}/backups", $$"""{"backup": {"volume_id": "{{volume}}", "name": "limits"} }""")).Expect(202);
        (await server.SendAsync("PUT", "/admin/v1/{p}/quota", """{"backups": 7, "backup_gigabytes": 70}""")).Expect(200);
        var used = (await server.SendAsync("GET", "/v2/{p}/cloudbackups/quota")).Expect(200).GetProperty("quotas").GetProperty("resources")[
            0
        ];
        var volumes = (await server.SendAsync("GET", "/v3/{p}/volumes")).Expect(200).GetProperty("volumes").GetArrayLength();

        var absolute = (await server.SendAsync("GET", "/v3/{p}/limits")).Expect(200).GetProperty("limits").GetProperty("absolute");
        Assert.Equal(
            (7, 70),
            (absolute.GetProperty("maxTotalBackups").GetInt64(), absolute.GetProperty("maxTotalBackupGigabytes").GetInt64())
        );
        Assert.Equal(
            used.GetProperty("used").GetInt64() + used.GetProperty("reserved").GetInt64(),
            absolute.GetProperty("totalBackupsUsed").GetInt64()
        );
        Assert.Equal(
            (-1, volumes),
            (absolute.GetProperty("maxTotalVolumes").GetInt64(), absolute.GetProperty("totalVolumesUsed").GetInt32())
        );

        foreach (var version in (string[])["v2", "v3"])
        {
            var sets = $"/{version}/{{p}}/os-quota-sets/{{p}}";
            JsonElement Set(Answer answer) => answer.Expect(200).GetProperty("quota_set");
            Assert.Equal(
                (7, 70, -1),
                (
                    Set(await server.SendAsync("GET", sets)).GetProperty("backups").GetInt64(),
                    Set(await server.SendAsync("GET", $"{sets}?usage=False")).GetProperty("backup_gigabytes").GetInt64(),
                    Set(await server.SendAsync("GET", $"{sets}/defaults")).GetProperty("backups").GetInt64()
                )
            );
            foreach (var path in (string[])[$"{sets}?usage=True", $"{sets}/detail"])
            {
                var backups = Set(await server.SendAsync("GET", path)).GetProperty("backups");
                Assert.Equal(
                    (7, used.GetProperty("used").GetInt64(), used.GetProperty("reserved").GetInt64()),
                    (
                        backups.GetProperty("limit").GetInt64(),
                        backups.GetProperty("in_use").GetInt64(),
                        backups.GetProperty("reserved").GetInt64()
                    )
                );
            }
        }

        (await server.SendAsync("PUT", "/admin/v1/{p}/quota", """{"backups": -1, "backup_gigabytes": -1}""")).Expect(200);
    }

    [Theory]
    [InlineData("limits?tenant_id=team1")]
    [InlineData("os-quota-sets/team1")]
    [InlineData("os-quota-sets/team1/defaults")]
    [InlineData("os-quota-sets/team1/detail")]
    public async Task Another_projects_are_not_told_and_none_is_made_up(string path)
    {
        var member = (await idle.Server.MakeCallerAsync($"limits_{Guid.CreateVersion7():N}", Role.Member, "limits_of_others"));
        var theirs = path.Replace("team1", idle.Server.Project, StringComparison.Ordinal);
        Assert.Equal(404, (await idle.Server.SendAsync("GET", $"/v3/{member.Project}/{theirs}", token: member.Token)).Status);
        Assert.Contains(
            "no project 'team1'",
            (await idle.Server.SendAsync("GET", $"/v3/{{p}}/{path}"))
                .Expect(404)
                .GetProperty("itemNotFound")
                .GetProperty("message")
                .GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("snapshots", """{"snapshots":[]}""")]
    [InlineData("snapshots/detail?all_tenants=1&project_id=team1&limit=10", """{"snapshots":[]}""")]
    [InlineData("types?is_public=false", """{"volume_types":[]}""")]
    [InlineData("os-availability-zone", """{"availabilityZoneInfo":[{"zoneName":"nova","zoneState":{"available":true}}]}""")]
    public async Task What_there_is_none_of_is_an_empty_list_and_there_is_one_zone(string path, string expected)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            Assert.Equal(expected, (await idle.Server.SendAsync("GET", $"/{version}/{{p}}/{path}")).Expect(200).GetRawText());
        }

        Assert.Equal(
            0,
            (await idle.Server.AskAsync("/v3/{p}/snapshots/detail?with_count=True", "volume 3.45")).Answer.GetProperty("count").GetInt32()
        );
    }
}
