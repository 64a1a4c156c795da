using System.Net;
using System.Text;

namespace Holdfast.Tests.Client;

/// <summary>Answers requests from a script, in order, and keeps what it was asked.</summary>
internal sealed class ScriptedPeer : HttpMessageHandler
{
    public const string Project = "17fbda95add24720a4038ba4b1c705ed";
    private readonly Queue<Func<HttpResponseMessage>> _script = new();

    public List<(string Request, string? Token, string Body)> Asked { get; } = [];

    /// <summary>The microversion that each request asked for.</summary>
    public List<string?> Versions { get; } = [];

    /// <summary>Whether each request asked for what only this service tells.</summary>
    public List<bool> OwnMembers { get; } = [];

    public ScriptedPeer Answers(HttpStatusCode status, string body = "", params (string Name, string Value)[] headers)
    {
        _script.Enqueue(() =>
        {
            var answer = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            foreach (var (name, value) in headers)
            {
                answer.Headers.Add(name, value);
            }

            return answer;
        });
        return this;
    }

    public ScriptedPeer Fails(string message) => Fails(new HttpRequestException(message));

    public ScriptedPeer Fails(HttpRequestException why)
    {
        _script.Enqueue(() => throw why);
        return this;
    }

    /// <summary>A token whose catalog has two regions, the one that is asked for last.</summary>
    public ScriptedPeer Authenticates(string token)
    {
        _script.Enqueue(() =>
        {
            var answer = new HttpResponseMessage(HttpStatusCode.Created)
            {
                Content = new StringContent(TokenBody, Encoding.UTF8, "application/json"),
            };
            answer.Headers.Add("X-Subject-Token", token);
            return answer;
        });
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = request.Headers.TryGetValues("X-Auth-Token", out var tokens) ? tokens.Single() : null;
        Asked.Add(
            (
                $"{request.Method} {request.RequestUri?.AbsoluteUri}",
                token,
                request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken)
            )
        );
        Versions.Add(request.Headers.TryGetValues("OpenStack-API-Version", out var versions) ? versions.Single() : null);
        OwnMembers.Add(request.Headers.TryGetValues("Holdfast-Members", out var own) && own.Single() == "true");
        return _script.TryDequeue(out var answer)
            ? answer()
            : throw new InvalidOperationException($"The script has no answer to {request.Method} {request.RequestUri}.");
    }

    private static string TokenBody =>
        $$$"""
            {"token":{"project":{"id":"{{{Project}}}","name":"default"},"catalog":[
              {"type":"vbs","endpoints":[
                {"interface":"internal","region":"RegionOne","url":"http://internal/v2"},
                {"interface":"public","region":"Elsewhere","url":"http://elsewhere/v2/{{{Project}}}"},
                {"interface":"public","region":"RegionOne","url":"http://vbs.example:8776/v2/{{{Project}}}"}]},
              {"type":"volumev3","endpoints":[
                {"interface":"public","region":"Elsewhere","url":"http://elsewhere/v3/{{{Project}}}"},
                {"interface":"public","region":"RegionOne","url":"http://vbs.example:8776/v3/"}]}]}}
            """;
}
