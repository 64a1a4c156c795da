using System.Net;
using System.Text.RegularExpressions;

namespace Holdfast.SystemTests.Keystone;

/// <summary>A browser without a screen, for the console: it keeps cookies, sends forms and goes nowhere by itself.</summary>
internal sealed class ConsoleForms(Uri service) : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private HttpClient? _http;

    public string Session => _cookies.GetCookies(new Uri(service, "/console"))["holdfast_session"]?.Value ?? "";

    private HttpClient Http =>
        _http ??= new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = _cookies }) { BaseAddress = service };

    public async Task<(int Status, string Text)> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri($"/console{path}", UriKind.Relative));
        return ((int)answer.StatusCode, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
    }

    public async Task<(int Status, string Text)> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await Http.PostAsync(new Uri($"/console{path}", UriKind.Relative), form);
        return ((int)answer.StatusCode, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>Sends a form as a page of the session would.</summary>
    public async Task<(int Status, string Text)> SubmitAsync(string path, params (string Name, string Value)[] fields)
    {
        var page = (await GetAsync("/project")).Text;
        string Hidden(string name) => Regex.Match(page, $"name=\"{name}\" value=\"([^\"]*)\"").Groups[1].Value;
        return await PostAsync(path, [("proof", Hidden("proof")), ("project", Hidden("project")), .. fields]);
    }

    public void Dispose() => _http?.Dispose();
}
