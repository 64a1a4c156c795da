using System.Net.Sockets;
using System.Text;
using Holdfast.Control.Catalog;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Hosting;

/// <summary>Which address callers are told, and whether the service says how it is.</summary>
public sealed class AddressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null, "https://backup.example.com/holdfast/identity/v3/")]
    [InlineData("HOLDFAST_Proxies", "10.0.0.1, 10.1.0.0/16", "http://{own}/identity/v3/")]
    [InlineData("HOLDFAST_Proxies", "", "http://{own}/identity/v3/")]
    [InlineData("HOLDFAST_Proxies", "127.0.0.0/8", "https://backup.example.com/holdfast/identity/v3/")]
    [InlineData("HOLDFAST_PublicUrl", "https://public.example.com", "https://public.example.com/identity/v3/")]
    public async Task What_a_proxy_says_is_told_on_when_the_proxy_is_known(string? variable, string? value, string expected)
    {
        await using var server = await TestServer.StartAsync(variable is null ? [] : [(variable, value ?? "")]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/identity/v3");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "backup.example.com");
        request.Headers.Add("X-Forwarded-Prefix", "/holdfast");

        using var response = await server.Http.SendAsync(request, Cancel);

        var self = new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel))
            .Expect(200)
            .GetProperty("version")
            .GetProperty("links")[0]
            .GetProperty("href")
            .GetString();
        Assert.Equal(expected.Replace("{own}", server.Http.BaseAddress?.Authority, StringComparison.Ordinal), self);
    }

    [Fact]
    public async Task Whoever_does_not_say_whom_they_ask_is_told_the_address_that_they_reached()
    {
        await using var server = await TestServer.StartAsync();
        var own = server.Http.BaseAddress ?? throw new InvalidOperationException("no address");
        using var socket = new TcpClient(own.Host, own.Port);
        await socket.GetStream().WriteAsync("GET /identity/v3 HTTP/1.0\r\n\r\n"u8.ToArray(), Cancel);
        using var reader = new StreamReader(socket.GetStream(), Encoding.UTF8);

        var answer = await reader.ReadToEndAsync(Cancel);

        Assert.Contains($"\"http://{own.Authority}/identity/v3/\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_is_healthy_as_long_as_its_catalog_answers()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("ok", (await server.SendAsync("GET", "/healthz", token: null)).Expect(200).GetProperty("status").GetString());
        Assert.Equal(
            (200, ""),
            (
                (await server.SendAsync("HEAD", "/healthz", token: null)).Status,
                (await server.SendAsync("HEAD", "/healthz", token: null)).Text
            )
        );

        await using (var tx = await server.Server.Services.GetRequiredService<CatalogDatabase>().BeginAsync(Cancel))
        {
            await tx.ExecuteAsync("ALTER TABLE service RENAME TO gone", null, Cancel);
            await tx.CommitAsync(Cancel);
        }

        var ill = (await server.SendAsync("GET", "/healthz", token: null)).Expect(503);
        Assert.Equal("ill", ill.GetProperty("status").GetString());
        Assert.Equal("ill", ill.GetProperty("parts").GetProperty("catalog").GetProperty("status").GetString());
        Assert.Equal("ok", ill.GetProperty("parts").GetProperty("repository").GetProperty("status").GetString());
        Assert.Equal(503, (await server.SendAsync("HEAD", "/healthz", token: null)).Status);
    }

    [Fact]
    public async Task Health_tells_that_the_repository_is_away_and_that_it_is_back_and_no_path()
    {
        await using var server = await TestServer.StartAsync();
        var (repository, away) = (Path.Combine(server.Folder, "data", "repository"), Path.Combine(server.Folder, "away"));
        Directory.Move(repository, away);
        await TellsAsync(server, "repository", "it is away: its place is not there, or holds another");
        Directory.CreateDirectory(repository);
        await TellsAsync(server, "repository", "it is away");
        Directory.Delete(repository);
        Directory.Move(away, repository);
        (await server.SendAsync("GET", "/healthz", token: null)).Expect(200);
    }

    [Fact]
    public async Task Health_tells_that_there_is_too_little_space()
    {
        await using var server = await TestServer.StartAsync(("HOLDFAST_Health__FreeSpaceMiB", "1048576"));
        await TellsAsync(server, "free_space", "are free where the data folder is; 1048576 are wanted");
    }

    private static async Task TellsAsync(TestServer server, string part, string reason)
    {
        var answer = (await server.SendAsync("GET", "/healthz", token: null)).Expect(503).GetProperty("parts").GetProperty(part);
        Assert.Equal("ill", answer.GetProperty("status").GetString());
        Assert.Contains(reason, answer.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(server.Folder, answer.GetRawText(), StringComparison.Ordinal);
    }
}
