using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Drills;

internal static class DrillGroup
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("drill", "Restores that prove that volumes can be restored, and write nothing.")
        {
            DrillRun.Make(server),
            DrillList.Make(server),
        };
        server.AddTo(group);
        return group;
    }

    public static void Print(IReadOnlyList<DrillItem> drills) =>
        Tables.Print(
            ["Ended (UTC)", "Volume", "Result", ">No.", "Point", ">Verified", ">Took", "Backup", "Why not"],
            drills.Select(drill =>
                new[]
                {
                    Text.Time(drill.EndedAt),
                    Tables.Plain(drill.VolumeName),
                    Tables.State(drill.Status),
                    $"{drill.BackupNumber}",
                    Tables.Plain(drill.Choice),
                    Text.Bytes(drill.BytesVerified),
                    drill.Took is { } took ? Text.Duration(took) : "",
                    Tables.Plain(drill.BackupId),
                    Tables.Plain(drill.Reason),
                }
            )
        );
}
