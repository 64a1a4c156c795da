using System.CommandLine;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Drills;

internal static class DrillGroup
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "volume_id",
        "volume_name",
        "status",
        "by_hand",
        "@ordered_at",
        "@began_at",
        "@ended_at",
        "backup_id",
        "backup_number",
        "choice",
        "choices",
        "root",
        "bytes_verified",
        "bytes_zero",
        "bytes_read",
        "packs",
        "took_ms",
        "command",
        "exit_code",
        "reason",
        "job_id",
    ];

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

    /// <returns>Whether a table was printed, which other lines may follow.</returns>
    public static bool Print(IReadOnlyList<DrillItem> drills, ListOutput output)
    {
        if (output.Wrote(drills.Select(drill => drill.Raw), Fields))
        {
            return false;
        }

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
            ),
            output
        );
        return true;
    }
}
