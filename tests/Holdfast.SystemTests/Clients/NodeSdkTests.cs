using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests.Clients;

/// <summary>The core of Huawei Cloud's SDK for Node.js, as it is published: every request signed with an access key.</summary>
public sealed class NodeSdkTests(ClientService service) : IClassFixture<ClientService>
{
    private const string Variable = "HOLDFAST_TEST_NODE_MODULES";

    [Fact]
    public async Task Policies_tasks_backups_and_jobs_are_reached_with_signed_requests()
    {
        var modules = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipUnless(
            Directory.Exists($"{modules}/@huaweicloud/huaweicloud-sdk-core"),
            $"{Variable} names no folder with the SDK: run 'npm ci' on a copy of tests/Holdfast.SystemTests/Clients/node, and set it to "
                + $"the node_modules that this makes."
        );
        var bytes = service.DiskBytes();
        var (disk, target, nativeTarget) = (
            await VolumeAsync("disk"),
            await AddTargetAsync("node-target", bytes.Length),
            await AddTargetAsync("node-native-target", bytes.Length)
        );
        var (project, key) = await MakeKeyAsync();
        var environment = new Dictionary<string, string>
        {
            ["NODE_PATH"] = modules ?? "",
            ["HUAWEICLOUD_SDK_AK"] = key.GetProperty("access").GetString() ?? "",
            ["HUAWEICLOUD_SDK_SK"] = key.GetProperty("secret").GetString() ?? "",
        };
        var script = Path.Combine(RepositoryRoot.Path, "tests/Holdfast.SystemTests/Clients/node/vbs-flow.js");
        var ended = await ClientProgram.RunAsync(
            "node",
            service.Home,
            environment,
            null,
            script,
            service.Address.GetLeftPart(UriPartial.Authority),
            project,
            disk,
            target.Volume,
            nativeTarget.Volume
        );
        var seen = JsonDocument.Parse(ended.Succeeds().Output.TrimEnd().Split('\n')[^1]).RootElement;

        Assert.Equal(
            """{"createPolicy":200,"associate":200,"tag":204,"untag":204,"execute":204,"listTasks":200,"createTags":204,"deleteTags":204"""
                + ""","listAllTags":200,"findPolicies":200,"updatePolicy":200,"createBackup":200,"restoreBackup":200,"deleteBackup":200"""
                + ""","createNative":202,"listBackupsShort":200,"restoreNative":202,"share":200,"listShares":200,"countShares":200"""
                + ""","showShare":200,"cancelShare":200,"deleteNative":202,"disassociate":200,"deletePolicy":204}""",
            seen.GetProperty("statuses").GetRawText()
        );
        AssertPolicy(seen, disk);
        AssertBackup(seen, disk);
        AssertNative(seen);
        Assert.Equal((404, "AutoBackup.1100"), Refusal(seen, "noPolicy"));
        Assert.Equal((404, ""), Refusal(seen, "gone"));
        Assert.Equal(401, Refusal(seen, "wrongSecret").Status);
        Assert.Equal(403, Refusal(seen, "wrongProject").Status);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(target.File, TestContext.Current.CancellationToken));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(nativeTarget.File, TestContext.Current.CancellationToken));
    }

    private static void AssertPolicy(JsonElement seen, string disk)
    {
        Assert.Equal($"""["{disk}"]""", seen.GetProperty("associated").GetRawText());
        Assert.Equal("""[{"key":"team","value":"a b"}]""", seen.GetProperty("tags").GetRawText());
        Assert.Equal(
            ("EXECUTE_SUCCESS", disk, "SUCCESS"),
            (Text(seen, "task", "status"), Text(seen, "task", "resource_id"), seen.GetProperty("taskJob").GetString())
        );
        Assert.Equal(0, seen.GetProperty("failedTasks").GetInt32());
        Assert.Equal("[2,true,false]", seen.GetProperty("pagedTasks").GetRawText());
        Assert.Equal("""["team=db","tier=1"]""", seen.GetProperty("allTags").GetRawText());
        Assert.Equal(
            (1, Text(seen, "policy", "backup_policy_id")),
            (seen.GetProperty("byTags").GetArrayLength(), seen.GetProperty("byTags")[0].GetString())
        );
        Assert.Equal(0, seen.GetProperty("byOtherTags").GetInt32());
        Assert.Equal("node_renamed", Text(seen, "policy", "backup_policy_name"));
        Assert.Equal(
            """["MON","SUN"]""",
            seen.GetProperty("policy").GetProperty("scheduled_policy").GetProperty("week_frequency").GetRawText()
        );
    }

    private static void AssertBackup(JsonElement seen, string disk)
    {
        Assert.Equal(("SUCCESS", "bksCreateBackup"), (Text(seen, "createJob", "status"), Text(seen, "createJob", "job_type")));
        Assert.Equal(
            ("node-1", "signed: é ü 中", "available", disk),
            (
                Text(seen, "backup", "name"),
                Text(seen, "backup", "description"),
                Text(seen, "backup", "status"),
                Text(seen, "backup", "volume_id")
            )
        );
        Assert.Equal("""["signed: é ü 中"]""", seen.GetProperty("listed").GetRawText());
        Assert.Equal(0, seen.GetProperty("strange").GetInt32());
        Assert.Equal(("SUCCESS", "bksRestoreBackup"), (Text(seen, "restoreJob", "status"), Text(seen, "restoreJob", "job_type")));
        Assert.Equal(3, seen.GetProperty("quota").GetProperty("used").GetInt32());
        Assert.Equal(("SUCCESS", "bksDeleteBackup"), (Text(seen, "deleteJob", "status"), Text(seen, "deleteJob", "job_type")));
    }

    private static void AssertNative(JsonElement seen)
    {
        Assert.Equal("""[3,"node-native",3]""", seen.GetProperty("pagedBackups").GetRawText());
        Assert.Equal(3, seen.GetProperty("shortBackups").GetInt32());
        Assert.Equal([new string('a', 32), new string('b', 32)], seen.GetProperty("shares").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal(
            (2, 1, 0),
            (
                seen.GetProperty("shareCount").GetInt32(),
                seen.GetProperty("shareCountThen").GetInt32(),
                seen.GetProperty("shareCountLast").GetInt32()
            )
        );
        Assert.Equal("node-native", seen.GetProperty("share").GetString());
        Assert.Equal((404, ""), Refusal(seen, "nativeGone"));
    }

    private static (int Status, string Code) Refusal(JsonElement seen, string name)
    {
        var refusal = seen.GetProperty(name);
        return (refusal.GetProperty("status").GetInt32(), refusal.TryGetProperty("code", out var code) ? code.GetString() ?? "" : "");
    }

    private static string Text(JsonElement seen, string of, string member) => seen.GetProperty(of).GetProperty(member).GetString() ?? "";

    private async Task<(string Project, JsonElement Key)> MakeKeyAsync()
    {
        using var session = await RawSession.LogInAsync(
            service.Service.Identity,
            """{"project":{"name":"default","domain":{"name":"Default"}}}"""
        );
        var user = session.Login.GetProperty("user").GetProperty("id").GetString();
        var (status, text) = await session.SendAsync(
            HttpMethod.Post,
            $"{service.Service.Identity}.0/OS-CREDENTIAL/credentials",
            $$$"""{"credential":{"user_id":"{{{user}}}","description":"for the SDK"}}"""
        );
        Assert.Equal(201, status);
        return (session.Project, JsonDocument.Parse(text).RootElement.GetProperty("credential"));
    }

    private async Task<(string File, string Volume)> AddTargetAsync(string name, int length)
    {
        var file = $"{service.Service.Home}/{name}.img";
        await File.WriteAllBytesAsync(file, new byte[length], TestContext.Current.CancellationToken);
        (await service.Service.RunAsync("volume", "add", name, file)).Succeeds();
        return (file, await VolumeAsync(name));
    }

    private async Task<string> VolumeAsync(string name) =>
        (await service.Service.RunAsync("volume", "show", name, "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
}
