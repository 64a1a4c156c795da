using System.CommandLine;
using Holdfast.Terminal;

namespace Holdfast.Verbs;

/// <summary><c>token issue|revoke</c>: for scripts that speak to the API themselves.</summary>
internal static class TokenGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("token", "Tokens, for scripts that call the API themselves.") { MakeIssue(server), MakeRevoke(server) };
        server.AddTo(group);
        return group;
    }

    private static Command MakeIssue(ServerOptions server)
    {
        var json = Shared.Json();
        var command = new Command("issue", "Get a token and print it, good for 24 hours: the value of the header X-Auth-Token.") { json };
        command.SetAction(async (parse, cancel) =>
        {
            using var api = server.Open(parse);
            var session = await api.Connection.SessionAsync(cancel);
            if (parse.GetValue(json))
            {
                JsonOut.WriteObject(("id", session.Token), ("project_id", session.ProjectId), ("user_id", session.UserId));
                return;
            }

            Console.WriteLine(session.Token);
        });
        return command;
    }

    private static Command MakeRevoke(ServerOptions server)
    {
        var which = new Argument<string>("TOKEN") { Description = "A token, or - to read it from standard input." };
        var command = new Command("revoke", "End a token.") { which };
        command.SetAction(async (parse, cancel) =>
        {
            var token = parse.GetRequiredValue(which);
            using var api = server.Open(parse);
            await api.Connection.RevokeAsync(token == "-" ? Console.ReadLine() ?? "" : token, cancel);
            Console.WriteLine("The token is revoked.");
        });
        return command;
    }
}
