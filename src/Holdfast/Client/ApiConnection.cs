using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>Which of the service's addresses a path is under.</summary>
internal enum Plane
{
    Vbs,
    Volume,
    Admin,
    Identity,
}

/// <summary>
/// Speaks to one service: gets a token when it first needs one, takes the endpoints from its catalog, asks for another token once when the
/// service no longer knows the one it has. Keeps nothing on disk.
/// </summary>
internal sealed class ApiConnection(ApiSettings settings, HttpMessageHandler? handler = null) : IDisposable
{
    /// <summary>The largest answer is a page of a thousand tasks or backups, well below a megabyte.</summary>
    private const long MaxAnswerBytes = 64 << 20;

    /// <summary>The one that has filters by parts of texts, and counts.</summary>
    private const string MicroVersion = "volume 3.45";

    private readonly HttpClient _http = new(handler ?? Handler())
    {
        Timeout = TimeSpan.FromSeconds(100),
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    private Session? _session;

    /// <summary>The service sends nobody elsewhere; what does is another server, and should be neither believed nor given the
    /// password.</summary>
    private static SocketsHttpHandler Handler() => new() { ConnectTimeout = TimeSpan.FromSeconds(10), AllowAutoRedirect = false };

    public ApiSettings Settings => settings;

    public async Task<Session> SessionAsync(CancellationToken cancel) => _session ??= await AuthenticateAsync(cancel);

    /// <summary>Sends a request without a body.</summary>
    /// <inheritdoc cref="SendTextAsync"/>
    public Task<JsonElement> SendAsync(HttpMethod method, Plane plane, string path, CancellationToken cancel) =>
        SendTextAsync(method, plane, path, text: null, cancel);

    /// <summary>Sends a request with a body.</summary>
    /// <inheritdoc cref="SendTextAsync"/>
    public Task<JsonElement> SendAsync<T>(
        HttpMethod method,
        Plane plane,
        string path,
        T body,
        JsonTypeInfo<T> type,
        CancellationToken cancel
    ) => SendTextAsync(method, plane, path, JsonSerializer.Serialize(body, type), cancel);

    /// <returns>The answer's body, or an undefined element where it has none.</returns>
    /// <exception cref="ApiRefusedException">Any status other than 2xx.</exception>
    private async Task<JsonElement> SendTextAsync(HttpMethod method, Plane plane, string path, string? text, CancellationToken cancel)
    {
        var session = await SessionAsync(cancel);
        var answer = await SendOnceAsync(method, Address(session, plane, path), text, session.Token, cancel);
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
        {
            answer.Dispose();
            session = _session = await AuthenticateAsync(cancel);
            answer = await SendOnceAsync(method, Address(session, plane, path), text, session.Token, cancel);
        }

        using (answer)
        {
            return await ReadAsync($"{method} {path}", answer, text, cancel);
        }
    }

    /// <summary>Gets a token with what is kept of a login, or with user and password, and what the service says of it.</summary>
    /// <exception cref="LoginEndedException">What is kept is good no more.</exception>
    public async Task<(string Token, JsonElement Answer)> IssueAsync(TokenScope scope, CancellationToken cancel)
    {
        using var answer = await SendOnceAsync(
            HttpMethod.Post,
            $"{settings.AuthUrl}/auth/tokens",
            Session.TokenRequest(settings, scope),
            token: null,
            cancel
        );
        var read = await answer.Content.ReadAsByteArrayAsync(cancel);
        var refused = answer.IsSuccessStatusCode ? null : ApiRefusedException.TryRead((int)answer.StatusCode, read);
        if (answer.StatusCode == HttpStatusCode.Unauthorized && refused?.Member == "error")
        {
            if (settings.Token is not null)
            {
                throw new LoginEndedException(settings.AuthUrl);
            }

            throw new VerbFailedException(
                $"{settings.AuthUrl} does not accept user '{settings.User}' for project '{settings.ProjectName ?? settings.ProjectId}'. "
                    + $"Check OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME."
            );
        }

        // What answers so is no identity service, whatever it says beside: one refuses in a member "error", and grants with a token.
        if (answer.IsSuccessStatusCode ? !answer.Headers.Contains("X-Subject-Token") : refused?.Member != "error" || IsNowhere(answer))
        {
            throw WrongServer.NoIdentity(settings.AuthUrl, answer);
        }

        var body = await ReadAsync("POST /auth/tokens", answer, sent: null, cancel);
        return (answer.Headers.GetValues("X-Subject-Token").First(), body);
    }

    /// <summary>Asks about a token, or ends it.</summary>
    public async Task<JsonElement> SendAboutTokenAsync(HttpMethod method, string subject, CancellationToken cancel)
    {
        var session = await SessionAsync(cancel);
        using var answer = await SendOnceAsync(method, $"{settings.AuthUrl}/auth/tokens", body: null, session.Token, cancel, subject);
        return await ReadAsync($"{method} /auth/tokens", answer, sent: null, cancel);
    }

    public Task<JsonElement> GetAsync(Plane plane, string path, CancellationToken cancel) =>
        SendAsync(HttpMethod.Get, plane, path, cancel);

    public void Dispose() => _http.Dispose();

    private string Address(Session session, Plane plane, string path) =>
        plane switch
        {
            Plane.Identity => settings.AuthUrl + path,
            Plane.Vbs => session.Vbs + path,
            Plane.Volume => session.Volume + path,
            _ => session.Admin + path,
        };

    private async Task<Session> AuthenticateAsync(CancellationToken cancel)
    {
        if (settings.Token is { } kept)
        {
            return await ResumeAsync(kept, cancel);
        }

        var (token, answer) = await IssueAsync(TokenScope.Project, cancel);
        return Session.Read(token, answer, settings);
    }

    /// <summary>Where a token that was kept is good. Asked each time: what is kept may be a day old.</summary>
    /// <exception cref="LoginEndedException">It is good no more.</exception>
    private async Task<Session> ResumeAsync(string token, CancellationToken cancel)
    {
        using var answer = await SendOnceAsync(
            HttpMethod.Get,
            $"{settings.AuthUrl}/auth/tokens",
            body: null,
            token,
            cancel,
            subject: token
        );
        return answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound
            ? throw new LoginEndedException(settings.AuthUrl)
            : Session.Read(token, await ReadAsync("GET /auth/tokens", answer, sent: null, cancel), settings);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpMethod method,
        string address,
        string? body,
        string? token,
        CancellationToken cancel,
        string? subject = null
    )
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (token is not null)
        {
            request.Headers.Add("X-Auth-Token", token);
        }

        if (_session is { } known && address.StartsWith($"{known.Volume}/", StringComparison.Ordinal))
        {
            request.Headers.Add("OpenStack-API-Version", MicroVersion);
            request.Headers.Add("Holdfast-Members", "true"); // what only this service tells, such as a volume's source
        }

        if (subject is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Subject-Token", subject);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        try
        {
            return await _http.SendAsync(request, cancel);
        }
        catch (HttpRequestException e)
        {
            throw WrongServer.NoAnswer(request.RequestUri, e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new VerbFailedException(
                $"{request.RequestUri?.GetLeftPart(UriPartial.Authority)} did not answer within {_http.Timeout.TotalSeconds:0} s.",
                e
            );
        }
    }

    private static async Task<JsonElement> ReadAsync(string request, HttpResponseMessage answer, string? sent, CancellationToken cancel)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw ApiRefusedException.Read(request, (int)answer.StatusCode, body, sent);
        }

        if (body.Length == 0)
        {
            return default;
        }

        try
        {
            var element = JsonDocument.Parse(body).RootElement;
            return element.ValueKind == JsonValueKind.Object
                ? element
                : throw WrongServer.NotOurs(request, $"JSON that is no object ({element.ValueKind.ToString().ToLowerInvariant()})");
        }
        catch (JsonException e)
        {
            throw WrongServer.NotOurs(request, "something that is not JSON", e);
        }
    }

    private static bool IsNowhere(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed;
}
