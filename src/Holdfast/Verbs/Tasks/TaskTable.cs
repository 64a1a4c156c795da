using Holdfast.Client;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Tasks;

/// <summary>Tasks for people: with the volume's name, and with what the backup read and stored, which the task itself does not
/// tell.</summary>
internal static class TaskTable
{
    private const int VolumesAtOnce = 4;

    /// <param name="below">Lines of markup below all of it.</param>
    /// <param name="wide">There is room for ids and for why a task failed; else the reasons stand below the table.</param>
    public static async Task PrintAsync(
        HoldfastApi api,
        IReadOnlyList<TaskItem> tasks,
        TimeProvider clock,
        bool wide,
        ListOutput output,
        CancellationToken cancel,
        params IEnumerable<string> below
    )
    {
        var names = (await api.ListVolumesAsync(cancel)).ToDictionary(volume => volume.Id, volume => volume.Name);
        var backups = await BackupsOfAsync(api, tasks, cancel);
        string[] columns = ["Created (UTC)", "Volume", "Status", ">Took", ">Read", ">Stored", "Backup"];
        Tables.Print(
            wide ? [.. columns, "Job id", "Why"] : columns,
            tasks.Select(task => Row(task, names, backups.GetValueOrDefault((task.VolumeId, task.BackupName ?? "")), clock, wide)),
            output,
            [
                .. tasks
                    .Where(task => !wide && task.FailReason is not null)
                    .Select(task =>
                        $"{Text.Time(task.CreatedAt)} {Tables.Plain(names.GetValueOrDefault(task.VolumeId, task.VolumeId))}: "
                        + $"{Tables.Plain(task.FailReason)}"
                    ),
                .. below,
            ]
        );
    }

    private static string[] Row(TaskItem task, Dictionary<string, string> names, BackupItem? backup, TimeProvider clock, bool wide)
    {
        string[] cells =
        [
            Text.Time(task.CreatedAt),
            Tables.Plain(names.GetValueOrDefault(task.VolumeId, task.VolumeId)),
            Tables.State(task.Status),
            Took(task, clock),
            Text.Bytes(backup?.BytesRead),
            Text.Bytes(backup?.BytesStored),
            Tables.Plain(task.BackupName),
        ];
        return wide ? [.. cells, task.Id, Tables.Plain(task.FailReason)] : cells;
    }

    private static string Took(TaskItem task, TimeProvider clock) =>
        task switch
        {
            { CreatedAt: null } or { Status: "SKIP" } => "",
            { FinishedAt: { } end } => Text.Duration(end - task.CreatedAt.Value),
            { HasEnded: false } => Text.Duration(clock.GetUtcNow() - task.CreatedAt.Value),
            _ => "",
        };

    // A task names its backup; within a volume the service does not give a name twice.
    private static async Task<Dictionary<(string Volume, string Name), BackupItem>> BackupsOfAsync(
        HoldfastApi api,
        IReadOnlyList<TaskItem> tasks,
        CancellationToken cancel
    )
    {
        var wanted = tasks
            .Where(task => task.BackupName is not null && task.Status is "EXECUTE_SUCCESS" or "RUNNING")
            .Select(task => task.VolumeId)
            .Distinct();
        var found = new Dictionary<(string, string), BackupItem>();
        foreach (var volumes in wanted.Chunk(VolumesAtOnce))
        {
            foreach (
                var backup in (
                    await Task.WhenAll(volumes.Select(id => api.ListBackupsAsync(ListRequest.Where(("volume_id", id)), cancel)))
                ).SelectMany(list => list)
            )
            {
                found.TryAdd((backup.VolumeId, backup.Name ?? ""), backup);
            }
        }

        return found;
    }
}
