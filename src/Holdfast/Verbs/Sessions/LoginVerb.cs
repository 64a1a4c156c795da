using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Sessions;

/// <summary><c>login</c> and <c>logout</c>: a token that is kept for later verbs.</summary>
internal static class LoginVerb
{
    private const string UsualAddress = "http://127.0.0.1:8776/identity/v3";

    public static Command MakeLogin()
    {
        var server = new ServerOptions();
        var file = PasswordOptions.File();
        var command = new Command(
            "login",
            "Log in once: a token, good for a day, is kept for this user alone, and later verbs need no OS_ variables. Asks for what is "
                + "not given; the password is not kept."
        )
        {
            file,
        };
        server.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                var place = PlaceOf();
                var settings = server.Settings(parse, name => AskFor(name, parse.GetValue(file)));
                using var connection = new ApiConnection(settings);
                var (token, answer) = await connection.IssueAsync(TokenScope.Project, cancel);
                var session = Session.Read(token, answer, settings);
                var told = answer.Object("token") ?? answer;
                new SavedLogin(
                    settings.AuthUrl.ToString(),
                    settings.User,
                    settings.Domain,
                    session.ProjectId,
                    told.Object("project")?.Text("name"),
                    settings.Region,
                    token,
                    told.Text("expires_at")
                ).Write(place);
                Console.WriteLine(
                    $"Logged in at {settings.AuthUrl} as {settings.User}, project {told.Object("project")?.Text("name")}, until "
                        + $"{told.Text("expires_at")}."
                );
            }
        );
        return command;
    }

    public static Command MakeLogout()
    {
        var command = new Command("logout", "End the login that 'login' has kept: its token is good no more, here and anywhere.");
        command.SetAction(
            async (_, cancel) =>
            {
                var place = PlaceOf();
                if (SavedLogin.Read(place) is not { } saved)
                {
                    Console.WriteLine("Nobody is logged in.");
                    return;
                }

                try
                {
                    using var connection = new ApiConnection(saved.ToSettings());
                    await connection.SendAboutTokenAsync(HttpMethod.Delete, saved.Token, cancel);
                }
                catch (LoginEndedException)
                {
                    // Good no more already.
                }

                File.Delete(place);
                Console.WriteLine($"Logged out of {saved.AuthUrl}.");
            }
        );
        return command;
    }

    private static string PlaceOf() =>
        SavedLogin.FindFile()
        ?? throw new UsageException("there is no place to keep a login: neither HOME nor XDG_CONFIG_HOME is set.");

    private static string? AskFor(string variable, string? passwordFile)
    {
        if (variable == "OS_PASSWORD" && passwordFile is not null)
        {
            return PasswordOptions.ReadFirstLine(passwordFile);
        }

        return (variable, Prompt.IsPossible) switch
        {
            ("OS_AUTH_URL", true) => Prompt.AskLine("Service", UsualAddress),
            ("OS_USERNAME", true) => Prompt.AskLine("User", "admin"),
            ("OS_PASSWORD", true) => Prompt.Ask("Password: "),
            ("OS_PROJECT_NAME", true) => Prompt.AskLine("Project", "default"),
            _ => null,
        };
    }
}
