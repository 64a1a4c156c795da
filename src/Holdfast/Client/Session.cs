using System.Text.Json;
using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>What a token is good for: one project, the users and projects of the domain, or only to get another.</summary>
internal enum TokenScope
{
    Project,
    Domain,
    None,
}

/// <summary>A token and what its catalog says: the addresses of the service's planes, without a slash at their end.</summary>
internal sealed record Session
{
    public required string Token { get; init; }

    public required string ProjectId { get; init; }

    public required string UserId { get; init; }

    /// <summary><c>…/v2/{project}</c>: policies, tasks, jobs, backups.</summary>
    public required string Vbs { get; init; }

    /// <summary><c>…/v3/{project}</c>: volumes.</summary>
    public required string Volume { get; init; }

    /// <summary><c>…/admin/v1/{project}</c> of the same server as <see cref="Vbs"/>; it stands in no catalog.</summary>
    public required string Admin { get; init; }

    /// <summary>The body that asks for a token, with the one that a login has kept, or with user and password.</summary>
    public static string TokenRequest(ApiSettings settings, TokenScope scope)
    {
        var domain = new DomainName(settings.Domain);
        var project = settings.ProjectId is { } id
            ? new ProjectScope(id, Name: null, Domain: null)
            : new ProjectScope(Id: null, settings.ProjectName, domain);
        var auth = new TokenAuth(
            settings.Token is { } kept
                ? new TokenIdentity(["token"], Password: null, new TokenMethod(kept))
                : new TokenIdentity(["password"], new PasswordMethod(new TokenUser(settings.User, settings.Password, domain)), Token: null),
            scope switch
            {
                TokenScope.Project => new ScopeRequest(project, Domain: null),
                TokenScope.Domain => new ScopeRequest(Project: null, domain),
                _ => new ScopeRequest(Project: null, Domain: null),
            }
        );
        return JsonSerializer.Serialize(new TokenRequest(auth), ClientJson.Default.TokenRequest);
    }

    public static Session Read(string token, JsonElement answer, ApiSettings settings)
    {
        var body = answer.Object("token") ?? answer;
        var project = (
            body.Object("project") ?? throw new VerbFailedException($"The token for {settings} has no project. Check OS_PROJECT_NAME.")
        ).Required("id");
        var vbs = WithProject(Endpoint(body, "vbs", settings), project);
        var version = vbs.LastIndexOf("/v2/", StringComparison.Ordinal);
        return new Session
        {
            Token = token,
            ProjectId = project,
            UserId = body.Object("user")?.Text("id") ?? "",
            Vbs = vbs,
            Volume = WithProject(Endpoint(body, "volumev3", settings), project),
            Admin = $"{(version >= 0 ? vbs[..version] : new Uri(vbs).GetLeftPart(UriPartial.Authority))}/admin/v1/{project}",
        };
    }

    private static string Endpoint(JsonElement token, string type, ApiSettings settings)
    {
        var found =
            from service in token.Elements("catalog")
            where service.Text("type") == type
            from endpoint in service.Elements("endpoints")
            where endpoint.Text("interface") == "public" && (settings.Region is null || endpoint.Text("region") == settings.Region)
            select endpoint.Text("url");
        return found.FirstOrDefault()?.TrimEnd('/')
            ?? throw new VerbFailedException(
                $"The catalog of {settings.AuthUrl} has no public endpoint of type "
                    + $"'{type}'{(settings.Region is { } region ? $" in region '{region}'" : "")}. Check OS_AUTH_URL and OS_REGION_NAME."
            );
    }

    // An endpoint may be registered with or without the project.
    private static string WithProject(string url, string project) =>
        url.EndsWith($"/{project}", StringComparison.Ordinal) ? url : $"{url}/{project}";
}
