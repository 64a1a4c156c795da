namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Who asks for another project's items is never shown their own, which they may be about to delete; there is no project
/// team1. What admins are shown of others is told by <see cref="AdminReachTests"/>. On a service of its own: of others'
/// tests nothing comes between what is shown and what is counted.</summary>
public sealed class ListOfOthersTests(TestServer server) : IClassFixture<TestServer>
{
    public static TheoryData<string> Lists =>
        [
            .. from version in (string[])["v2", "v3"]
            from items in (string[])["backups", "volumes"]
            from part in (string[])["", "/detail"]
            select $"/{version}/{{p}}/{items}{part}",
        ];

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_list_of_another_projects_items_is_empty_and_one_of_the_own_is_not(string path)
    {
        await server.BackUpAsync(await server.AddVolumeAsync($"others_{Guid.CreateVersion7():N}"), "others");
        foreach (
            var query in (string[])
                ["project_id=team1", "tenant_id=team1", "project_id={p}&tenant_id=team1", "project_id={p}&project_id=team1"]
        )
        {
            Assert.Equal((0, 0), await CountAsync($"{path}?all_tenants=1&{query}"));
            Assert.Equal((0, 0), await CountAsync($"{path}?{query}&limit=1"));
        }

        foreach (var query in (string[])["", "project_id={p}", "tenant_id={p}", "project_id=", "tenant_id=&project_id={p}"])
        {
            var (shown, counted) = await CountAsync($"{path}?all_tenants=1&{query}");
            Assert.True(shown > 0 && (counted ?? shown) >= shown, $"{path} with {query}: {shown} of {counted}");
        }
    }

    [Fact]
    public async Task No_volume_is_a_users()
    {
        await server.AddVolumeAsync($"others_{Guid.CreateVersion7():N}");
        Assert.Equal((0, 0), await CountAsync("/v3/{p}/volumes/detail?user_id=anna"));
        Assert.NotEqual((0, 0), await CountAsync("/v3/{p}/volumes/detail?user_id="));
    }

    /// <summary>How many items are shown, and how many there are said to be; v2 does not say, and an empty list without a count stands for
    /// none.</summary>
    private async Task<(int Shown, long? Counted)> CountAsync(string path)
    {
        var (answer, _) = await server.AskAsync($"{path}&with_count=1", "volume 3.45");
        var items = answer.GetProperty(path.Contains("/backups", StringComparison.Ordinal) ? "backups" : "volumes").GetArrayLength();
        Assert.True(items > 0 || !answer.EnumerateObject().Any(member => member.Name.EndsWith("_links", StringComparison.Ordinal)));
        return (
            items,
            answer.TryGetProperty("count", out var count) ? count.GetInt64()
            : items == 0 ? 0
            : null
        );
    }
}
