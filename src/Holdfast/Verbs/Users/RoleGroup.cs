using System.CommandLine;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Users;

/// <summary><c>role list</c>.</summary>
internal static class RoleGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("role", "The roles that users have in projects.") { MakeList(server) };
        server.AddTo(group);
        return group;
    }

    private static Command MakeList(ServerOptions server)
    {
        var output = OutputOptions.OfList();
        var command = new Command("list", "List the roles there are. Who has them: 'holdfast user list --project PROJECT --role ROLE'.")
        {
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var roles = await api.Identity.ListRolesAsync(cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(roles.Select(role => (role.Id, (string?)role.Name, role.Raw)), ["id", "name", "description"]))
                {
                    return;
                }

                Tables.Print(["Name", "Id"], roles.Select(role => new[] { Tables.Plain(role.Name), Tables.Plain(role.Id) }), how);
            }
        );
        return command;
    }
}
