using System.Net;
using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests.Console;

/// <summary>A browser without a screen: it keeps cookies, goes where it is sent only when told, and sends forms.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClientHandler _handler = new() { AllowAutoRedirect = false };
    private readonly HttpClient _http;
    private readonly Uri _root;

    public Browser(TestServer server)
    {
        _root = server.Http.BaseAddress!;
        _http = new HttpClient(_handler) { BaseAddress = _root };
    }

    public string Session
    {
        get => _handler.CookieContainer.GetCookies(new Uri(_root, "/console"))["holdfast_session"]?.Value ?? "";
        init => _handler.CookieContainer.Add(new Uri(_root, "/console"), new Cookie("holdfast_session", value, "/console"));
    }

    public static async Task<Browser> SignInAsync(TestServer server, string user, string password, string project = "default")
    {
        var browser = new Browser(server);
        var answer = await browser.PostAsync("/sign-in", [("user", user), ("password", password), ("project_name", project)]);
        Assert.Equal(303, answer.Status);
        return browser;
    }

    public async Task<Page> GetAsync(string path) => await SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/console{path}"));

    /// <summary>Sends a form as a page of the session would.</summary>
    public async Task<Page> SubmitAsync(string path, params (string Name, string Value)[] fields)
    {
        var page = await GetAsync("/project");
        return await PostAsync(path, [("proof", page.Field("proof")), ("project", page.Field("project")), .. fields]);
    }

    public async Task<Page> PostAsync(
        string path,
        IEnumerable<(string Name, string Value)> fields,
        params (string Name, string Value)[] headers
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/console{path}")
        {
            Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await SendAsync(request);
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private async Task<Page> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            request.Headers.TryAddWithoutValidation("Accept", "text/html");
            using var response = await _http.SendAsync(request);
            return new Page(
                (int)response.StatusCode,
                WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()),
                response.Headers.Location?.OriginalString,
                response.Headers.Concat(response.Content.Headers).ToDictionary(one => one.Key, one => string.Join("; ", one.Value))
            );
        }
    }

    /// <param name="Text">With its entities as characters.</param>
    internal sealed record Page(int Status, string Text, string? Location, IReadOnlyDictionary<string, string> Headers)
    {
        public string Field(string name) => Regex.Match(Text, $"name=\"{name}\" value=\"([^\"]*)\"").Groups[1].Value;
    }
}
