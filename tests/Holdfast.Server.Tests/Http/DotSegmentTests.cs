using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Holdfast.Server.Tests.Http;

/// <summary>A path is what was sent, or it is refused: never another one that is left when dots are taken out.</summary>
public sealed class DotSegmentTests(TestServer server)
{
    [Theory]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/{policy}/tags/..", "error")]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/{policy}/tags/%2e%2E", "error")]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/{policy}/tags/.%2e", "error")]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/{policy}/tags/%2E./", "error")]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/{policy}/tags/..?x=1", "error")]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/{policy}/.", "error")]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/{policy}/%2E", "error")]
    [InlineData("DELETE", "/v2/{p}/backuppolicy/x/../{policy}", "error")]
    [InlineData("DELETE", "http://x/v2/{p}/backuppolicy/{policy}/tags/..", "error")]
    [InlineData("DELETE", "http://x/v2/{p}/backuppolicy/{policy}/tags\\..", "error")]
    [InlineData("DELETE", "http://x/v2/{p}/backuppolicy/{policy}/tags/%2e%2e", "error")]
    [InlineData("GET", "/v3/{p}/volumes/../backups", "badRequest")]
    [InlineData("GET", "/v3/{p}/backuppolicy/../backups", "error")]
    [InlineData("GET", "/identity/v3/../v3/users", "error")]
    public async Task A_segment_of_dots_is_refused_and_nothing_is_done(string method, string path, string member)
    {
        var policy = await server.CreatePolicyAsync("dots");

        var (status, body) = await SendRawAsync(method, path.Replace("{policy}", policy, StringComparison.Ordinal));

        Assert.Equal(400, status);
        Assert.Equal(member, body.EnumerateObject().Single().Name);
        Assert.Contains("'..'", body.EnumerateObject().Single().Value.GetProperty("message").GetString(), StringComparison.Ordinal);
        (await server.SendAsync("GET", $"/v2/{{p}}/backuppolicy/{policy}/tags")).Expect(200);
    }

    [Theory]
    [InlineData("/v2/{p}/backuppolicy/{policy}/tags/...", "AutoBackup.0216")]
    [InlineData("/v2/{p}/backuppolicy/{policy}/tags/.a", "AutoBackup.0216")]
    [InlineData("/v2/{p}/backuppolicy/{policy}/tags/a%2e%2e?x=/../", "AutoBackup.0216")]
    [InlineData("http://x/v2/{p}/backuppolicy/{policy}/tags/a..", "AutoBackup.0216")]
    public async Task Dots_among_others_are_a_name(string path, string code)
    {
        var policy = await server.CreatePolicyAsync("dots");

        var (status, body) = await SendRawAsync("DELETE", path.Replace("{policy}", policy, StringComparison.Ordinal));

        Assert.Equal((404, code), (status, body.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_tag_of_an_earlier_version_that_is_called_so_is_removed_by_a_batch()
    {
        var policy = await server.CreatePolicyAsync("dots");
        await server.ChangeCatalogAsync("INSERT INTO policy_tag (policy_id, key, value) VALUES (@policy, '..', 'x')", new { policy });

        (
            await server.SendAsync(
                "POST",
                $"/v2/{{p}}/backuppolicy/{policy}/tags/action",
                """{"action": "delete", "tags": [{"key": ".."}]}"""
            )
        ).Expect(204);

        Assert.Equal("""{"tags":[]}""", (await server.SendAsync("GET", $"/v2/{{p}}/backuppolicy/{policy}/tags")).Text);
    }

    /// <summary>By hand: a client's library would take the dots out itself.</summary>
    private async Task<(int Status, JsonElement Body)> SendRawAsync(string method, string target)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(server.Server.Address.Host, server.Server.Address.Port, cancel);
        var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes(
                $"{method} {target.Replace("{p}", server.Project, StringComparison.Ordinal)} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "
                    + $"{server.Token}\r\nConnection: close\r\n\r\n"
            ),
            cancel
        );
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(cancel);
        return (
            int.Parse(text.AsSpan(9, 3)),
            JsonDocument.Parse(text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]).RootElement
        );
    }
}
