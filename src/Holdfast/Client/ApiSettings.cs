using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>Where the service is and who asks: the variables of OpenStack's clients, each of which an option overrides.</summary>
internal sealed record ApiSettings
{
    public required Uri AuthUrl { get; init; }

    public required string User { get; init; }

    public required string Password { get; init; }

    /// <summary>A token that <c>holdfast login</c> has kept, instead of a password.</summary>
    public string? Token { get; init; }

    public string? ProjectName { get; init; }

    public string? ProjectId { get; init; }

    public string Domain { get; init; } = "Default";

    /// <summary>Takes the endpoints of this region; null takes the first there is.</summary>
    public string? Region { get; init; }

    public override string ToString() => $"{User}@{AuthUrl}";

    /// <summary>Reads options by their environment variable's name first, then the environment, then what is kept of a login, then what
    /// somebody answers.</summary>
    /// <param name="saved">Looked at where neither service nor user nor password is given.</param>
    /// <param name="ask">Asked for what is missing; null where nobody can be.</param>
    /// <exception cref="UsageException">Names every variable that is missing at once; or the login is for another project.</exception>
    public static ApiSettings From(
        Func<string, string?> option,
        Func<string, string?> environment,
        Func<SavedLogin?>? saved = null,
        Func<string, string?>? ask = null
    )
    {
        string? Given(string name) =>
            option(name) is { Length: > 0 } given ? given
            : environment(name) is { Length: > 0 } set ? set
            : null;
        if (saved is not null && (Given("OS_AUTH_URL") ?? Given("OS_USERNAME") ?? Given("OS_PASSWORD")) is null && saved() is { } login)
        {
            return Check(login, Given("OS_PROJECT_ID"), Given("OS_PROJECT_NAME")).ToSettings();
        }

        string? Find(string name) => Given(name) ?? (name == "OS_PROJECT_NAME" && Given("OS_PROJECT_ID") is not null ? null : Asked(name));
        string? Asked(string name) => IsAsked(name) && ask?.Invoke(name) is { Length: > 0 } answered ? answered : null;

        var (url, user, password) = (Find("OS_AUTH_URL"), Find("OS_USERNAME"), Find("OS_PASSWORD"));
        var (projectId, projectName) = (Find("OS_PROJECT_ID"), Find("OS_PROJECT_NAME"));
        if (url is null || user is null || password is null || (projectId ?? projectName) is null)
        {
            throw Missing(
                isLogin: ask is not null,
                ("OS_AUTH_URL", url),
                ("OS_USERNAME", user),
                ("OS_PASSWORD", password),
                ("OS_PROJECT_NAME", projectId ?? projectName)
            );
        }

        return new ApiSettings
        {
            AuthUrl = ParseUrl(url),
            User = user,
            Password = password,
            ProjectId = projectId,
            ProjectName = projectName,
            Domain = Find("OS_USER_DOMAIN_NAME") ?? Find("OS_PROJECT_DOMAIN_NAME") ?? "Default",
            Region = Find("OS_REGION_NAME"),
        };
    }

    /// <summary>What nothing can be done without.</summary>
    private static bool IsAsked(string name) => name is "OS_AUTH_URL" or "OS_USERNAME" or "OS_PASSWORD" or "OS_PROJECT_NAME";

    private static SavedLogin Check(SavedLogin login, string? projectId, string? projectName) =>
        (projectId is null || projectId == login.ProjectId) && (projectName is null || projectName == login.ProjectName)
            ? login
            : throw new UsageException(
                $"the login is for project '{login.ProjectName ?? login.ProjectId}' and not for '{projectName ?? projectId}'. "
                    + $"'holdfast login --os-project-name' logs in to another."
            );

    /// <param name="isLogin">Whether it is the login itself that misses them.</param>
    private static UsageException Missing(bool isLogin, params (string Name, string? Value)[] variables)
    {
        var missing = string.Join(", ", variables.Where(variable => variable.Value is null).Select(variable => variable.Name));
        return new UsageException(
            isLogin
                ? $"{missing} not given. On a terminal it is asked for; elsewhere set it, or give the option of the same name "
                    + "(--os-auth-url …), for the password --password-file FILE, or --password-file - for standard input."
                : $"{missing} not set. 'holdfast login' once, set them as for OpenStack's clients "
                    + "(OS_AUTH_URL=http://127.0.0.1:8776/identity/v3), give the option of the same name (--os-auth-url …), or name a "
                    + "repository with --repository where the verb works without a service."
        );
    }

    // OpenStack's clients accept the address with and without the version.
    private static Uri ParseUrl(string text)
    {
        var trimmed = text.TrimEnd('/');
        if (!trimmed.EndsWith("/v3", StringComparison.Ordinal))
        {
            trimmed += "/v3";
        }

        return Uri.TryCreate(trimmed, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new UsageException(
                $"OS_AUTH_URL is '{text}', which is no http or https address. A Holdfast service's is like "
                    + $"http://127.0.0.1:8776/identity/v3."
            );
    }
}
