using System.CommandLine;
using Holdfast.Client;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Users;

/// <summary><c>user grant</c> and <c>user revoke</c>: the same words, the other direction.</summary>
internal static class UserRole
{
    public static Command MakeGrant(ServerOptions server) =>
        Make(
            server,
            "grant",
            "Give a user a role in a project.",
            "has the role",
            (api, user, project, role, cancel) => api.GrantAsync(user, project, role, cancel)
        );

    public static Command MakeRevoke(ServerOptions server) =>
        Make(
            server,
            "revoke",
            "Take a role in a project from a user.",
            "no longer has the role",
            (api, user, project, role, cancel) => api.RevokeAsync(user, project, role, cancel)
        );

    private static Command Make(
        ServerOptions server,
        string verb,
        string description,
        string done,
        Func<IdentityApi, string, string, string, CancellationToken, Task> change
    )
    {
        var which = new Argument<string>("USER") { Description = "Name or id of a user." };
        var role = new Option<string>("--role")
        {
            HelpName = "ROLE",
            Description = "admin, member or reader.",
            Required = true,
        };
        var place = new Option<string>("--project")
        {
            HelpName = "PROJECT",
            Description = "Name or id of a project.",
            Required = true,
        };
        var command = new Command(verb, description) { which, role, place };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var user = await api.Identity.FindUserAsync(parse.GetRequiredValue(which), cancel);
                var project = await api.Identity.FindProjectAsync(parse.GetRequiredValue(place), cancel);
                await change(api.Identity, user.Id, project.Id, parse.GetRequiredValue(role).ToLowerInvariant(), cancel);
                Console.WriteLine($"User '{user.Name}' {done} {parse.GetRequiredValue(role)} in project '{project.Name}'.");
            }
        );
        return command;
    }
}
