using System.CommandLine;
using Holdfast.Client;

namespace Holdfast.Verbs.Options;

/// <summary>Where the service is, for every verb of a group: <c>--os-…</c> options over the variables of OpenStack's clients.</summary>
internal sealed class ServerOptions
{
    private readonly Dictionary<string, Option<string?>> _options = [];

    public ServerOptions()
    {
        Add("OS_AUTH_URL", "--os-auth-url", "URL", "Identity address of the service, like http://127.0.0.1:8776/identity/v3.");
        Add("OS_USERNAME", "--os-username", "NAME", "User.");
        Add("OS_PASSWORD", "--os-password", "TEXT", "Password. The variable is the better place: options show in process lists.");
        Add("OS_PROJECT_NAME", "--os-project-name", "NAME", "Project.");
        Add("OS_PROJECT_ID", "--os-project-id", "ID", "Project, by its id.");
        Add("OS_USER_DOMAIN_NAME", "--os-user-domain-name", "NAME", "Domain of user and project (Default).");
        Add("OS_REGION_NAME", "--os-region-name", "NAME", "Region whose endpoints are used (the first there is).");
    }

    public void AddTo(Command group)
    {
        foreach (var option in _options.Values)
        {
            group.Options.Add(option);
        }
    }

    /// <summary>A client for the service that the command line, the environment or a login names. Connects when it is first
    /// used.</summary>
    public HoldfastApi Open(ParseResult parse) =>
        new(
            new ApiConnection(
                ApiSettings.From(
                    Option(parse),
                    Environment.GetEnvironmentVariable,
                    () => SavedLogin.Read(SavedLogin.FindFile())
                )
            )
        );

    /// <summary>What the command line and the environment name, whoever is logged in.</summary>
    /// <param name="ask">Asked for what is missing.</param>
    public ApiSettings Settings(ParseResult parse, Func<string, string?> ask) =>
        ApiSettings.From(Option(parse), Environment.GetEnvironmentVariable, saved: null, ask);

    private Func<string, string?> Option(ParseResult parse) =>
        name => _options.TryGetValue(name, out var option) ? parse.GetValue(option) : null;

    private void Add(string variable, string name, string value, string description) =>
        _options[variable] = new Option<string?>(name)
        {
            Description = $"{description} [{variable}]",
            HelpName = value,
            Recursive = true,
        };
}
