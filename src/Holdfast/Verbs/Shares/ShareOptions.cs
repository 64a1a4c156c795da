using System.CommandLine;
using Holdfast.Client;
using Holdfast.Verbs.Backups;

namespace Holdfast.Verbs.Shares;

/// <summary>Which sharings <c>share list</c> shows and <c>share count</c> counts.</summary>
internal sealed class ShareOptions
{
    private readonly Option<bool> _toMe = new("--to-me") { Description = "Those that others share with this project." };
    private readonly Option<string?> _backup = new("--backup")
    {
        HelpName = "BACKUP",
        Description = "Only those of this backup (id, or the name of an own one).",
    };
    private readonly Option<string?> _volume = new("--volume")
    {
        HelpName = "VOLUME",
        Description = "Only those of backups of this volume (id, or the name of an own one).",
    };
    private readonly Option<string?> _from = new("--from")
    {
        HelpName = "PROJECT",
        Description = "Only those that this project shares (id, or a name that you may see).",
    };
    private readonly Option<string?> _to = new("--to")
    {
        HelpName = "PROJECT",
        Description = "Only those that are shared with this project (id, or a name that you may see).",
    };
    private readonly Option<string?> _status = new("--status")
    {
        HelpName = "STATUS",
        Description = "Only those whose backup is in this state.",
    };
    private readonly Option<string?> _name = new("--name")
    {
        HelpName = "PART",
        Description = "Only those with this in the backup's name.",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _toMe, _backup, _volume, _from, _to, _status, _name })
        {
            command.Options.Add(option);
        }
    }

    public async Task<(string Name, string? Value)[]> ReadAsync(HoldfastApi api, ParseResult parse, CancellationToken cancel) =>
        [
            ("share_to_me", parse.GetValue(_toMe) ? "true" : "false"),
            ("backup_id", parse.GetValue(_backup) is { } backup ? await api.FindBackupAsync(backup, cancel) : null),
            ("volume_id", parse.GetValue(_volume) is { } volume ? await BackupList.VolumeIdAsync(api, volume, cancel) : null),
            ("from_project_id", await ProjectAsync(api, parse.GetValue(_from), cancel)),
            ("to_project_id", await ProjectAsync(api, parse.GetValue(_to), cancel)),
            ("status", BackupListOptions.ReadState(parse.GetValue(_status))),
            ("name", parse.GetValue(_name)),
        ];

    private static async Task<string?> ProjectAsync(HoldfastApi api, string? project, CancellationToken cancel) =>
        project is null ? null : (await api.Identity.ResolveProjectsAsync([project], cancel))[0];
}
