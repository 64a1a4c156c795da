using System.Net.Http.Headers;
using System.Text.Json;

namespace Holdfast.Server.Tests.OpenStack;

internal static class NativeRequest
{
    /// <summary>Gets a path with a microversion in the header, and returns the answer with its headers.</summary>
    public static async Task<(JsonElement Answer, HttpResponseHeaders Headers)> AskAsync(
        this TestServer server,
        string path,
        string version,
        int status = 200
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path.Replace("{p}", server.Project, StringComparison.Ordinal));
        request.Headers.Add("X-Auth-Token", server.Token);
        request.Headers.TryAddWithoutValidation("OpenStack-API-Version", version);
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (new Answer((int)response.StatusCode, text).Expect(status), response.Headers);
    }

    /// <summary>Follows a list page by page, and returns the names in order.</summary>
    public static async Task<IReadOnlyList<string?>> PagesAsync(
        this TestServer server,
        string path,
        string items,
        string version = "volume 3.45"
    )
    {
        var names = new List<string?>();
        for (var next = path; next is not null;)
        {
            var (page, _) = await server.AskAsync(next, version);
            names.AddRange(page.GetProperty(items).EnumerateArray().Select(item => item.GetProperty("name").GetString()));
            next = page.TryGetProperty($"{items}_links", out var links)
                ? new Uri(links[0].GetProperty("href").GetString() ?? "").PathAndQuery
                : null;
        }

        return names;
    }
}
