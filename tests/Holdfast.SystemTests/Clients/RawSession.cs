using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Holdfast.SystemTests.Clients;

/// <summary>A login and requests with its token, as nothing but HTTP.</summary>
internal sealed class RawSession(HttpClient http, string token, JsonElement login) : IDisposable
{
    public string Project => login.GetProperty("project").GetProperty("id").GetString() ?? "";

    public JsonElement Login => login;

    /// <param name="scope">What to log in for, e.g. <c>{"project":{"name":"default","domain":{"name":"Default"}}}</c>.</param>
    public static async Task<RawSession> LogInAsync(Uri identity, string scope)
    {
        var http = new HttpClient();
        var user = $$$"""{"name":"admin","password":{{{JsonSerializer.Serialize(RunningService.Password)}}},"domain":{"name":"Default"}}""";
        using var answer = await http.PostAsync(
            new Uri($"{identity}/auth/tokens"),
            Json($$$"""{"auth":{"identity":{"methods":["password"],"password":{"user":{{{user}}}}},"scope":{{{scope}}}}}"""),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return new RawSession(http, Assert.Single(answer.Headers.GetValues("X-Subject-Token")), body.GetProperty("token"));
    }

    /// <summary>Sends what gophertelekomcloud sends: the same headers, a new connection each time, a newline behind the body.</summary>
    public async Task<(int Status, string Text)> SendAsync(HttpMethod method, string address, string? body = null)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body is null ? null : Json(body + "\n") };
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("Accept", "application/json");
        request.Headers.ConnectionClose = true;
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public void Dispose() => http.Dispose();

    private static StringContent Json(string text)
    {
        var content = new StringContent(text, Encoding.UTF8);
        content.Headers.ContentType = new("application/json");
        return content;
    }
}
