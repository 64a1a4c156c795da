namespace Holdfast.Server.Tests.OpenStack;

/// <summary>What block storage services have and this one has not.</summary>
public sealed class AbsentTests(TestServer server)
{
    private static readonly string None = Guid.Empty.ToString();

    [Theory]
    [InlineData("snapshots/detail", "snapshots", 0)]
    [InlineData("os-volume-transfer/detail", "transfers", 0)]
    [InlineData("qos-specs", "qos_specs", 0)]
    [InlineData("consistencygroups/detail", "consistencygroups", 0)]
    [InlineData("cgsnapshots", "cgsnapshots", 0)]
    [InlineData("messages", "messages", 3)]
    [InlineData("clusters/detail", "clusters", 7)]
    [InlineData("group_types", "group_types", 11)]
    [InlineData("groups/detail", "groups", 13)]
    [InlineData("group_snapshots", "group_snapshots", 14)]
    [InlineData("attachments/detail", "attachments", 27)]
    public async Task A_list_is_empty_from_its_microversion_on_and_404_below_it(string path, string member, int least)
    {
        var (answer, _) = await server.AskAsync($"/v3/{{p}}/{path}?limit=5", $"volume 3.{least}");
        Assert.Equal($$"""{"{{member}}":[]}""", answer.GetRawText());
        await server.AskAsync($"/v3/{{p}}/{path.Split('/')[0]}/{None}", "volume 3.45", status: 404);
        if (least > 0)
        {
            await server.AskAsync($"/v3/{{p}}/{path}", $"volume 3.{least - 1}", status: 404);
        }
    }

    [Theory]
    [InlineData("limit=x", 400)]
    [InlineData("limit=-1", 400)]
    [InlineData("offset=-1", 400)]
    [InlineData("sort_key=nonsense", 400)]
    [InlineData("marker=00000000-0000-0000-0000-000000000000", 404)]
    [InlineData("sort_key=created_at&sort_dir=asc", 200)]
    public async Task The_query_of_snapshots_is_checked_though_there_are_none(string query, int status) =>
        (await server.SendAsync("GET", $"/v3/{{p}}/snapshots/detail?{query}")).Expect(status);

    [Fact]
    public async Task To_make_a_snapshot_is_refused_by_name_and_of_no_volume_first()
    {
        var volume = await server.AddVolumeAsync($"absent_{Guid.CreateVersion7():N}");

        (await server.SendAsync("POST", "/v3/{p}/snapshots", """{"snapshot":{"name":"x"}}""")).Expect(400);
        (await server.SendAsync("POST", "/v3/{p}/snapshots", """{"snapshot":{"volume_id":"x"}}""")).Expect(400);
        (await server.SendAsync("POST", "/v3/{p}/snapshots", """{"snapshot":{"volume_id":null}}""")).Expect(404);
        (await server.SendAsync("POST", "/v3/{p}/snapshots", $$"""{"snapshot":{"volume_id":"{{None}}"}}""")).Expect(404);
        var refused = await server.SendAsync("POST", "/v3/{p}/snapshots", $$"""{"snapshot":{"volume_id":"{{volume}}"}}""");
        Assert.Contains(
            "POST /backups",
            refused.Expect(400).GetProperty("badRequest").GetProperty("message").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_extensions_that_are_here_are_listed_and_shown()
    {
        var listed = (await server.SendAsync("GET", "/v3/{p}/extensions")).Expect(200).GetProperty("extensions");
        Assert.Contains("backups", listed.EnumerateArray().Select(extension => extension.GetProperty("alias").GetString()));
        (await server.SendAsync("GET", "/v3/{p}/extensions/backups")).Expect(200);
        (await server.SendAsync("GET", "/v3/{p}/extensions/nonsense")).Expect(404);
    }

    [Fact]
    public async Task Filters_of_lists_are_told_from_3_33_on()
    {
        await server.AskAsync("/v3/{p}/resource_filters", "volume 3.32", status: 404);
        var (answer, _) = await server.AskAsync("/v3/{p}/resource_filters?resource=backup", "volume 3.33");
        Assert.Equal("backup", Assert.Single(answer.GetProperty("resource_filters").EnumerateArray()).GetProperty("resource").GetString());
    }

    [Fact]
    public async Task There_are_no_images()
    {
        Assert.Empty((await server.SendAsync("GET", "/image/v2/images")).Expect(200).GetProperty("images").EnumerateArray());
        (await server.SendAsync("GET", $"/image/v2/images/{None}")).Expect(404);
    }
}
