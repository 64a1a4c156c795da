namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Behind a proxy: the address that is told, and the headers of versions.</summary>
public sealed class AddressAndVersionTests(IdleServer idle) : IClassFixture<IdleServer>
{
    [Theory]
    [InlineData("", 300, "/v3/")]
    [InlineData("v3", 200, "/v3/")]
    [InlineData("v2", 200, "/v2/")]
    public async Task Versions_are_at_the_public_address(string path, int status, string self)
    {
        var versions = (await idle.Server.SendAsync("GET", $"/{path}", token: null)).Expect(status).GetProperty("versions");
        Assert.Equal(IdleServer.PublicUrl + self, versions[0].GetProperty("links")[0].GetProperty("href").GetString());
        var head = await idle.Server.SendAsync("HEAD", $"/{path}", token: null);
        Assert.Equal((status, ""), (head.Status, head.Text));
    }

    [Theory]
    [InlineData("/v2/{p}/os-availability-zone.json", 200)]
    [InlineData("/v3/{p}/volumes/detail.json", 200)]
    [InlineData("/v2/{p}//os-quota-sets/{p}", 200)]
    [InlineData("/v2/{p}//limits.json", 200)]
    [InlineData("/v2/{p}/limits.xml", 404)]
    [InlineData("/v3/{p}//", 404)]
    [InlineData("/v3/{p}/.json", 404)]
    [InlineData("/v3/{p}/volumes/limits.json", 404)]
    [InlineData("/v3/{p}/volumes//metadata", 404)]
    public async Task Paths_of_older_clients_are_found_and_empty_ids_are_none(string path, int status) =>
        Assert.Equal(status, (await idle.Server.SendAsync("GET", path)).Status);

    [Fact]
    public async Task Links_of_items_and_lists_are_at_the_public_address()
    {
        var (volume, backup) = await idle.OrderBackupAsync("addressed");
        await idle.OrderBackupAsync("addressed_too");
        var server = idle.Server;
        foreach (var (items, item, id) in ((string, string, string)[])[("backups", "backup", backup), ("volumes", "volume", volume)])
        {
            var shown = (await server.SendAsync("GET", $"/v3/{{p}}/{items}/{id}")).Expect(200).GetProperty(item).GetProperty("links");
            Assert.Equal(
                [$"{IdleServer.PublicUrl}/v3/{server.Project}/{items}/{id}", $"{IdleServer.PublicUrl}/{server.Project}/{items}/{id}"],
                shown.EnumerateArray().Select(link => link.GetProperty("href").GetString())
            );
            var page = (await server.SendAsync("GET", $"/v2/{{p}}/{items}?limit=1&name~=x")).Expect(200);
            var last = page.GetProperty(items)[0].GetProperty("id").GetString();
            Assert.StartsWith(
                $"{IdleServer.PublicUrl}/v2/{server.Project}/{items}/",
                page.GetProperty(items)[0].GetProperty("links")[0].GetProperty("href").GetString(),
                StringComparison.Ordinal
            );
            Assert.Equal(
                $"{IdleServer.PublicUrl}/v2/{server.Project}/{items}?name~=x&limit=1&marker={last}",
                page.GetProperty($"{items}_links")[0].GetProperty("href").GetString()
            );
        }
    }

    [Theory]
    [InlineData("/v3/{p}/backups", 200, "volume 3.12")]
    [InlineData("/v3/{p}/backups/none", 404, "volume 3.12")]
    [InlineData("/v3/{p}/backups?limit=x", 400, "volume 3.12")]
    [InlineData("/v3/elsewhere/backups", 403, "volume 3.12")]
    [InlineData("/v3/{p}/nothing", 404, "volume 3.12")]
    [InlineData("/v2/{p}/backups", 200, null)]
    [InlineData("/v2/{p}/backups/none", 404, null)]
    public async Task The_version_is_told_by_v3_also_when_it_refuses_and_never_by_v2(string path, int status, string? told)
    {
        var (_, headers) = await idle.Server.AskAsync(path, "volume 3.12", status);
        Assert.Equal(told, headers.TryGetValues("OpenStack-API-Version", out var version) ? version.Single() : null);
        var vary = headers.TryGetValues("Vary", out var names) ? string.Join(", ", names) : "";
        Assert.Equal(told is not null, vary.Contains("OpenStack-API-Version", StringComparison.Ordinal));
        Assert.Equal(
            status == 200 && path.EndsWith("backups", StringComparison.Ordinal),
            vary.Contains("Holdfast-Members", StringComparison.Ordinal)
        );
    }
}
