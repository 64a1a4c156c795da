using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Tokens;

/// <summary><c>token issue|show|catalog|revoke</c>: for scripts that speak to the API themselves.</summary>
internal static class TokenGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("token", "Tokens, for scripts that call the API themselves.")
        {
            MakeIssue(server),
            MakeShow(server),
            MakeCatalog(server),
            MakeRevoke(server),
        };
        server.AddTo(group);
        return group;
    }

    private static Command MakeIssue(ServerOptions server)
    {
        var scope = new Option<string>("--scope")
        {
            HelpName = "project|domain|none",
            Description = "What it is good for: the project, the users and projects of the domain, or only to get another (project).",
            DefaultValueFactory = _ => "project",
        };
        scope.AcceptOnlyFromAmong("project", "domain", "none");
        var output = OutputOptions.OfObject();
        var command = new Command(
            "issue",
            "Get a token and print it, good for 24 hours, or as long as the login that is kept: the value of the header X-Auth-Token."
        )
        {
            scope,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var (token, answer) = await api.Connection.IssueAsync(
                    Enum.Parse<TokenScope>(parse.GetRequiredValue(scope), ignoreCase: true),
                    cancel
                );
                if (output.IsJson(parse))
                {
                    var told = answer.Object("token") ?? answer;
                    JsonOut.Write(
                        new TokenOut(
                            token,
                            told.Object("project")?.Text("id"),
                            told.Object("user")?.Text("id"),
                            told.Text("expires_at")
                        ),
                        VerbJson.Default.TokenOut
                    );
                    return;
                }

                Console.WriteLine(token);
            }
        );
        return command;
    }

    private static Command MakeShow(ServerOptions server)
    {
        var (which, output) = (Token(), OutputOptions.OfObject());
        var command = new Command("show", "Tell whether a token is good, and whose it is. One that is not ends with exit code 1.")
        {
            which,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var answer = await api.Connection.SendAboutTokenAsync(HttpMethod.Get, Read(parse.GetRequiredValue(which)), cancel);
                var token = answer.Object("token") ?? answer;
                if (output.IsJson(parse))
                {
                    JsonOut.Write(token);
                    return;
                }

                Tables.PrintFacts(
                    ("User", $"{Tables.Plain(token.Object("user")?.Text("name"))} ({token.Object("user")?.Text("id")})"),
                    (
                        "Project",
                        token.Object("project") is { } project ? $"{Tables.Plain(project.Text("name"))} ({project.Text("id")})" : null
                    ),
                    ("Roles", Tables.Plain(string.Join(", ", token.Elements("roles").Select(role => role.Text("name"))))),
                    ("Issued", $"{Text.Time(token.Time("issued_at"))} UTC"),
                    ("Good until", $"{Text.Time(token.Time("expires_at"))} UTC")
                );
            }
        );
        return command;
    }

    private static Command MakeCatalog(ServerOptions server)
    {
        var output = OutputOptions.OfObject();
        var command = new Command("catalog", "Show at which addresses the services are.") { output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var catalog = await api.Identity.CatalogAsync(cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.WriteElements(catalog);
                    return;
                }

                Tables.Print(
                    ["Type", "Name", "Interface", "Region", "Address"],
                    from service in catalog
                    from endpoint in service.Elements("endpoints")
                    select new[]
                    {
                        Tables.Plain(service.Text("type")),
                        Tables.Plain(service.Text("name")),
                        Tables.Plain(endpoint.Text("interface")),
                        Tables.Plain(endpoint.Text("region")),
                        Tables.Plain(endpoint.Text("url")),
                    }
                );
            }
        );
        return command;
    }

    private static Argument<string> Token() => new("TOKEN") { Description = "A token, or - to read it from standard input." };

    private static string Read(string given) => given == "-" ? Console.ReadLine() ?? "" : given;

    private static Command MakeRevoke(ServerOptions server)
    {
        var which = Token();
        var command = new Command("revoke", "End a token.") { which };
        command.SetAction(
            async (parse, cancel) =>
            {
                var token = parse.GetRequiredValue(which);
                using var api = server.Open(parse);
                await api.Connection.SendAboutTokenAsync(HttpMethod.Delete, Read(token), cancel);
                Console.WriteLine("The token is revoked.");
            }
        );
        return command;
    }
}
