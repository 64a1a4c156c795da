namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Order, place and filters of lists of backups.</summary>
public sealed class BackupListTests(TestServer server)
{
    /// <summary>What the cinder command line lets through, which is one set for every list, and what it makes of "name".</summary>
    public static TheoryData<string> Keys =>
        ["id", "status", "size", "availability_zone", "name", "display_name", "bootable", "created_at", "reference", "data_timestamp"];

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task Every_sort_key_that_cinder_offers_orders_backups_and_pages_of_them(string key)
    {
        var (volume, _) = await ThreeAsync();
        foreach (var path in (string[])["/v2/{p}/backups", "/v3/{p}/backups/detail"])
        {
            var (up, down) = (
                await server.PagesAsync($"{path}?volume_id={volume}&limit=1&sort={key}:asc", "backups"),
                await server.PagesAsync($"{path}?volume_id={volume}&limit=1&sort_key={key}&sort_dir=desc", "backups")
            );
            Assert.Equal(["three-a", "three-b", "three-c"], up.Order());
            if (key is "id" or "name" or "display_name" or "created_at" or "data_timestamp")
            {
                Assert.Equal(["three-a", "three-b", "three-c"], up);
                Assert.Equal(up.Reverse(), down);
            }
        }
    }

    [Fact]
    public async Task The_place_is_counted_from_the_marker_which_the_filter_need_not_let_pass()
    {
        var (volume, ids) = await ThreeAsync();
        var list = $"/v3/{{p}}/backups?volume_id={volume}&sort=name:asc";
        Assert.Equal(["three-b", "three-c"], await NamesAsync($"{list}&marker={ids[0]}"));
        Assert.Equal(["three-c"], await NamesAsync($"{list}&marker={ids[0]}&offset=1"));
        Assert.Equal(["three-c"], await NamesAsync($"{list}&marker={ids[0]}&offset=1&limit=1"));
        Assert.Empty(await NamesAsync($"{list}&marker={ids[2]}"));
        Assert.Equal(["three-c"], await NamesAsync($"{list}&marker={ids[1]}&name~=three-c"));
        Assert.Equal(["three-c"], await NamesAsync($"{list}&marker={ids[0]}&name=three-c"));
    }

    [Fact]
    public async Task Parts_and_counts_are_for_v3_alone()
    {
        var (volume, _) = await ThreeAsync();
        Assert.Equal(3, (await NamesAsync($"/v3/{{p}}/backups?volume_id~={volume[..30]}&name~=three")).Count);
        Assert.Empty(await NamesAsync($"/v3/{{p}}/backups?volume_id~={volume}x"));
        Assert.Equal(
            ["three-c", "three-b", "three-a"],
            await NamesAsync($"/v2/{{p}}/backups?volume_id={volume}&name~=three-b&volume_id~=x&status~=x")
        );
        Assert.False(
            (await server.AskAsync($"/v2/{{p}}/backups?volume_id={volume}&with_count=1", "volume 3.45")).Answer.TryGetProperty(
                "count",
                out _
            )
        );
    }

    private async Task<IReadOnlyList<string?>> NamesAsync(string path) =>
        [
            .. (await server.AskAsync(path, "volume 3.45"))
                .Answer.GetProperty("backups")
                .EnumerateArray()
                .Select(backup => backup.GetProperty("name").GetString()),
        ];

    private async Task<(string Volume, IReadOnlyList<string> Backups)> ThreeAsync()
    {
        var volume = await server.AddVolumeAsync($"three_{Guid.CreateVersion7():N}");
        return (
            volume,
            [
                await server.BackUpAsync(volume, "three-a"),
                await server.BackUpAsync(volume, "three-b"),
                await server.BackUpAsync(volume, "three-c"),
            ]
        );
    }
}
