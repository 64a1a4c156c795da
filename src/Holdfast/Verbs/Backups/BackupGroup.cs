using System.CommandLine;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("backup", "Backups of a service, or of a repository with --repository and --key.")
        {
            BackupCreate.Make(server),
            BackupList.Make(server),
            BackupShow.Make(server),
            BackupSet.Make(server),
            BackupResetStatus.Make(server),
            BackupRecords.MakeExport(server),
            BackupRecords.MakeImport(server),
            BackupRestore.Make(server),
            BackupVerify.Make(),
            BackupDelete.Make(server),
            BackupUndelete.Make(server),
            BackupPurge.Make(server),
        };
        server.AddTo(group);
        return group;
    }
}
