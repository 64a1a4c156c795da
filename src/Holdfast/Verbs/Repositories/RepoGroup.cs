using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

internal static class RepoGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("repo", "Repositories: a service's, or any with --repository and --key.")
        {
            RepoInit.Make(),
            RepoShow.Make(),
            RepoStats.Make(server),
            RepoKeyGroup.Make(),
            RepoRescueGroup.Make(),
            RepoCopy.Make(server),
            RepoCheck.Make(server),
            RepoRepair.Make(),
            RepoPrune.Make(server),
            RepoExport.Make(),
            RepoRebuild.Make(),
        };
        server.AddTo(group);
        return group;
    }
}
