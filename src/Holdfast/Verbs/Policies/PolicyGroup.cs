using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

internal static class PolicyGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("policy", "Backup policies: when volumes are backed up and how long backups are kept.")
        {
            PolicyCreate.Make(server),
            PolicyList.Make(server),
            PolicyShow.Make(server),
            PolicyUpdate.Make(server),
            PolicySwitch.MakeEnable(server),
            PolicySwitch.MakeDisable(server),
            PolicyDelete.Make(server),
            PolicyAssociate.MakeAssociate(server),
            PolicyAssociate.MakeDisassociate(server),
            PolicyExecute.Make(server),
            PolicyTag.Make(server),
        };
        server.AddTo(group);
        return group;
    }
}
