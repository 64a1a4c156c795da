using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests.Clients;

/// <summary>openstacksdk, as it is packaged: one script that goes through the life of backups and tells what it saw.</summary>
public sealed class OpenStackSdkTests(ClientService service) : IClassFixture<ClientService>
{
    private static readonly string Script = Path.Combine(RepositoryRoot.Path, "tests/Holdfast.SystemTests/Clients/openstacksdk_flow.py");

    [Fact]
    public async Task Backups_are_made_paged_through_found_restored_and_deleted()
    {
        Assert.SkipUnless(
            File.Exists(ClientProgram.Python) && Directory.Exists("/usr/lib/python3/dist-packages/openstack"),
            "There is no openstacksdk for /usr/bin/python3: install python3-openstacksdk."
        );
        var bytes = service.DiskBytes();

        var seen = (await ClientProgram.RunAsync(ClientProgram.Python, service.Home, service.OpenRc, null, Script)).Succeeds().Json;

        Assert.Equal(["sdk-1", "sdk-2", "sdk-3"], Texts(seen, "created"));
        Assert.Equal(["sdk-3", "sdk-2", "sdk-1"], Texts(seen, "one_page"));
        Assert.Equal(["sdk-3", "sdk-2", "sdk-1"], Texts(seen, "paged"));
        Assert.Equal(["sdk-3", "sdk-2", "sdk-1"], Texts(seen, "summary_paged"));
        Assert.Equal(["sdk-2"], Texts(seen, "by_name"));
        Assert.Equal(["sdk-1", "sdk-2", "sdk-3"], Texts(seen, "by_volume"));
        Assert.Empty(Texts(seen, "by_other_volume"));
        Assert.Equal(["sdk-1", "sdk-2", "sdk-3"], Texts(seen, "sorted"));
        Assert.Empty(Texts(seen, "of_others"));
        Assert.Empty(Texts(seen, "in_error"));
        Assert.Equal("available", seen.GetProperty("backup_after_restore").GetString());
        Assert.Equal("""{"backups": -1, "used": 3}""", seen.GetProperty("limits").GetRawText());
        Assert.Equal(
            """{"same": true, "description": "by the SDK", "volume": true, "size": 1, "incremental": false}""",
            seen.GetProperty("found").GetRawText()
        );
        Assert.True(seen.GetProperty("missing").GetBoolean());
        Assert.Equal(["disk", "sdk-anew", "sdk-target"], Texts(seen, "volumes_paged"));
        Assert.Equal(["sdk-1"], Texts(seen, "left"));
        Assert.Equal(["disk", "sdk-anew", "sdk-target"], Texts(seen, "volumes_left"));
        var target = (await service.Service.RunAsync("volume", "show", "sdk-target", "--json")).Succeeds().Json;
        Assert.Equal(target.GetProperty("id").GetString(), seen.GetProperty("target").GetString());
        var anew = (await service.Service.RunAsync("volume", "show", "sdk-anew", "--json")).Succeeds().Json;
        Assert.Equal(bytes, ClientService.BytesOf(anew.GetProperty("holdfast:source").GetString() ?? ""));
        Assert.Equal(bytes, ClientService.BytesOf(target.GetProperty("holdfast:source").GetString() ?? ""));
    }

    private static string[] Texts(JsonElement seen, string member) =>
        [.. seen.GetProperty(member).EnumerateArray().Select(text => text.GetString() ?? "")];
}
