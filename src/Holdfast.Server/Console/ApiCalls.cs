using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Server.Console;

/// <summary>What the API answered.</summary>
/// <param name="Body">Undefined where there is none.</param>
internal sealed record ApiReply(int Status, JsonElement Body, string? SubjectToken)
{
    /// <summary>Why it was refused, where that is not in the body's usual place.</summary>
    public string? Reason { get; init; }

    public bool IsGood => Status is >= 200 and < 300;

    /// <summary>Why it was refused, in the API's own words.</summary>
    public string Message
    {
        get
        {
            // {"error":{"message"}} and {"itemNotFound":{"message"}}: one member, and the text in it.
            var text = Reason ?? (Body.ValueKind == JsonValueKind.Object
                ? Body.EnumerateObject()
                    .Select(member => member.Value.ValueKind == JsonValueKind.Object ? member.Value.TextMember("message") : null)
                    .FirstOrDefault(message => message is not null)
                : null);
            return text is { Length: > 0 } ? Words.Sentences.Of(text) : $"The service answered {Status}.";
        }
    }
}

/// <summary>
/// Whatever the console changes, it changes by calling the API, in this process and with the token of who asks. So a page can do nothing
/// that its reader could not do otherwise: rights, checks, words and the audit are the API's, and are there once.
/// </summary>
internal sealed class ApiCalls
{
    private RequestDelegate? _api;

    /// <summary>Takes note of how requests go on from here.</summary>
    public RequestDelegate Remember(RequestDelegate api) => _api = api;

    /// <param name="from">The request on whose behalf: where it comes from and when it is given up are the same.</param>
    /// <param name="secret">The caller's token; null for none.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="subject">A token that is asked about.</param>
    public async Task<ApiReply> SendAsync(
        HttpContext from,
        string? secret,
        string method,
        string target,
        JsonNode? body = null,
        string? subject = null
    )
    {
        var api = _api ?? throw new InvalidOperationException("The API is not mapped yet.");
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var sent = body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body, NodeJson.Default.JsonNode);
        using var answer = new MemoryStream();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(
            new HttpRequestFeature
            {
                Protocol = "HTTP/1.1",
                Scheme = from.Request.Scheme,
                Method = method,
                Path = Uri.UnescapeDataString(question < 0 ? target : target[..question]),
                QueryString = question < 0 ? "" : target[question..],
                RawTarget = target,
                Body = new MemoryStream(sent),
            }
        );
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        var stream = new StreamResponseBodyFeature(answer);
        features.Set<IHttpResponseBodyFeature>(stream);
        features.Set(from.Features.Get<IHttpConnectionFeature>());
        var call = new DefaultHttpContext(features) { RequestServices = from.RequestServices, RequestAborted = from.RequestAborted };
        call.Request.Host = from.Request.Host;
        if (sent.Length > 0)
        {
            call.Request.ContentType = "application/json";
            call.Request.ContentLength = sent.Length;
        }

        if (secret is not null)
        {
            call.Request.Headers["X-Auth-Token"] = secret;
        }

        if (subject is not null)
        {
            call.Request.Headers["X-Subject-Token"] = subject;
        }

        await api(call);
        await stream.CompleteAsync();
        return new ApiReply(call.Response.StatusCode, Read(answer), call.Response.Headers["X-Subject-Token"]);
    }

    private static JsonElement Read(MemoryStream answer)
    {
        if (answer.Length == 0)
        {
            return default;
        }

        try
        {
            return JsonElement.Parse(answer.GetBuffer().AsSpan(0, (int)answer.Length));
        }
        catch (JsonException)
        {
            return default; // a text
        }
    }
}
