using System.Text.Json;
using Holdfast.Control.Catalog;
using Holdfast.Control.Processes;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Other processes on the catalog are told as what they are, and not as more than is known of them.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Another_process_is_told_as_up_as_down_and_not_any_more()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await TestServer.StartAsync([]);
        var database = server.Server.Services.GetRequiredService<CatalogDatabase>();
        var other = new ProcessStore(database);
        Assert.Empty(await OthersAsync(server));

        await other.SignAsync(cancel);
        var up = Assert.Single(await OthersAsync(server));
        Assert.Equal("up", up.GetProperty("state").GetString());
        var host = up.GetProperty("host").GetString();
        Assert.Equal($"holdfast@{Environment.MachineName}:{Environment.ProcessId}", host);
        Assert.Equal("available", await StatusOfHostAsync(server, host));

        await using (var tx = await database.BeginAsync(cancel))
        {
            await tx.ExecuteAsync("UPDATE process SET seen_at = seen_at - 120000", null, cancel);
            await tx.CommitAsync(cancel);
        }

        Assert.Equal("down", Assert.Single(await OthersAsync(server)).GetProperty("state").GetString());
        Assert.Equal("unavailable", await StatusOfHostAsync(server, host));
        var refused = await server.SendAsync("PUT", "/v3/{p}/os-services/disable", $$"""{"binary": "cinder-backup", "host": "{{host}}"}""");
        Assert.Equal(400, refused.Status);

        await other.LeaveAsync(cancel);
        Assert.Empty(await OthersAsync(server));
    }

    private static async Task<IReadOnlyList<JsonElement>> OthersAsync(TestServer server) =>
        [
            .. (await server.SendAsync("GET", "/v3/{p}/os-services"))
                .Expect(200)
                .GetProperty("services")
                .EnumerateArray()
                .Where(service => service.GetProperty("host").GetString() is not ("holdfast" or "holdfast@local")),
        ];

    private static async Task<string?> StatusOfHostAsync(TestServer server, string? host) =>
        (await server.SendAsync("GET", "/v3/{p}/os-hosts"))
            .Expect(200)
            .GetProperty("hosts")
            .EnumerateArray()
            .Single(one => one.GetProperty("host_name").GetString() == host)
            .GetProperty("service-status")
            .GetString();
}
