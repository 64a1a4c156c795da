using System.CommandLine;
using Holdfast.Client;
using Holdfast.Offline;
using Holdfast.Terminal;

namespace Holdfast.Verbs;

internal static class BackupList
{
    public static Command Make(ServerOptions server)
    {
        var volume = new Option<string?>("--volume") { HelpName = "VOLUME", Description = "Only backups of this volume (name or id; with --repository the source)." };
        var status = new Option<string?>("--status") { HelpName = "STATUS", Description = "Only backups in this state (service only)." };
        var called = new Option<string?>("--name") { HelpName = "NAME", Description = "Only backups of exactly this name (service only)." };
        var limit = new Option<int?>("--limit") { HelpName = "N", Description = "At most so many (service only; all)." };
        var json = Shared.Json();
        var repository = new RepositoryOptionSet();
        var command = new Command("list", "List backups, newest first.") { volume, status, called, limit, json };
        repository.AddTo(command);
        command.SetAction(async (parse, cancel) =>
        {
            if (repository.Find(parse) is { } at)
            {
                await OfflineBackups.ListAsync(at, parse.GetValue(volume) is { } source ? Shared.Address(source) : null, parse.GetValue(json), cancel);
                return;
            }

            using var api = server.Open(parse);
            var volumes = await api.ListVolumesAsync(cancel);
            var volumeId = parse.GetValue(volume) is { } name ? VolumeId(name, volumes) : null;
            var backups = await api.ListBackupsAsync(volumeId, parse.GetValue(status)?.ToLowerInvariant(), parse.GetValue(called), parse.GetValue(limit), cancel);
            if (parse.GetValue(json))
            {
                JsonOut.WriteArray(backups.Select(backup => (backup.Id, backup.Name, backup.Raw)));
                return;
            }

            Print(backups, volumes.ToDictionary(v => v.Id, v => v.Name));
        });
        return command;
    }

    // Backups outlive their volume: an id that no volume has any more is asked for as it is.
    private static string VolumeId(string nameOrId, IReadOnlyList<VolumeItem> volumes) =>
        Guid.TryParseExact(nameOrId, "D", out _) ? nameOrId : HoldfastApi.Pick("volume", nameOrId, volumes, v => v.Id, v => v.Name).Id;

    private static void Print(IReadOnlyList<BackupItem> backups, Dictionary<string, string> names) => Tables.Print(
        ["Id", "Name", "Volume", "Status", "Created (UTC)", ">Size", ">Read", ">Stored"],
        backups.Select(b => new[]
        {
            b.Id,
            Tables.Plain(b.Name),
            Tables.Plain(names.GetValueOrDefault(b.VolumeId, b.VolumeId)),
            Tables.State(b.Status),
            Text.Time(b.CreatedAt),
            Text.Bytes(b.VolumeBytes),
            Text.Bytes(b.BytesRead),
            Text.Bytes(b.BytesStored),
        }));
}
