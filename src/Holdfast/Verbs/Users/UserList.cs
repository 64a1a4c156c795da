using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Users;

internal static class UserList
{
    /// <summary>Of <c>--output csv</c>; roles are no part of what the service tells of a user.</summary>
    private static readonly string[] Fields = ["id", "name", "enabled", "domain_id", "@password_expires_at"];

    public static Command Make(ServerOptions server)
    {
        var place = new Option<string?>("--project")
        {
            HelpName = "PROJECT",
            Description = "Only users with a role in this project (name or id).",
        };
        var role = new Option<string?>("--role") { HelpName = "ROLE", Description = "Only users with this role: admin, member or reader." };
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the users and their roles.") { place, role, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var users = await api.Identity.ListUsersAsync(cancel);
                var project = parse.GetValue(place) is { } name ? (await api.Identity.FindProjectAsync(name, cancel)).Id : null;
                var assignments = await api.Identity.AssignmentsAsync(project, parse.GetValue(role)?.ToLowerInvariant(), cancel);
                var roles = assignments.ToLookup(one => one.Object("user")?.Text("id"), Words);
                if (project is not null || parse.GetValue(role) is not null)
                {
                    users = [.. users.Where(user => roles.Contains(user.Id))];
                }

                Print(users, roles, output.ReadList(parse));
            }
        );
        return command;
    }

    /// <summary>A role of a user, as the tables tell it.</summary>
    public static string Words(JsonElement assignment) =>
        $"{assignment.Object("role")?.Text("name")} in {assignment.Object("scope")?.Object("project")?.Text("name")}";

    private static void Print(IReadOnlyList<NamedItem> users, ILookup<string?, string> roles, ListOutput output)
    {
        if (output.Wrote(users.Select(user => (user.Id, (string?)user.Name, user.Raw)), Fields))
        {
            return;
        }

        Tables.Print(
            ["Name", "On", "Roles", "Id"],
            users.Select(user =>
                new[]
                {
                    Tables.Plain(user.Name),
                    Tables.State(user.Enabled ? "ON" : "OFF"),
                    Tables.Plain(string.Join(", ", roles[user.Id])),
                    user.Id,
                }
            ),
            output
        );
    }
}
