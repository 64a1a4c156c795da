using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Users;

internal static class UserGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("user", "The users of a service, and what each may do where.")
        {
            UserVerbs.MakeCreate(server),
            UserList.Make(server),
            UserVerbs.MakeShow(server),
            UserVerbs.MakeSet(server),
            UserVerbs.MakePassword(server),
            UserVerbs.MakeDelete(server),
            UserRole.MakeGrant(server),
            UserRole.MakeRevoke(server),
            UserRecover.Make(),
        };
        server.AddTo(group);
        return group;
    }
}
