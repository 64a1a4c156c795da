using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Offline;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Backups;

internal static class BackupList
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] Fields =
    [
        "id",
        "name",
        "status",
        "volume_id",
        "@created_at",
        "@updated_at",
        "holdfast:number",
        "holdfast:consistency",
        "holdfast:volume_bytes",
        "holdfast:bytes_read",
        "holdfast:bytes_new",
        "holdfast:bytes_stored",
        "holdfast:policy_id",
        "description",
        "fail_reason",
        "holdfast:last_verdict.ok",
        "holdfast:last_verdict.reason",
    ];

    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] DeletedFields =
    [
        "id",
        "name",
        "volume_id",
        "@created_at",
        "@kept_until",
        "volume_bytes",
    ];

    public static Command Make(ServerOptions server)
    {
        var volume = new Option<string?>("--volume")
        {
            HelpName = "VOLUME",
            Description = "Only backups of this volume (name or id; with --repository the source).",
        };
        var deleted = new Option<bool>("--deleted")
        {
            Description = "Deleted backups that can be brought back (holdfast backup undelete), those that go first before the others.",
        };
        var options = new BackupListOptions();
        var output = OutputOptions.OfList();
        var repository = new RepositoryOptionSet();
        var command = new Command("list", "List backups, newest first. With --repository only --volume chooses among them.")
        {
            volume,
            deleted,
            output,
        };
        options.AddTo(command);
        repository.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                if (repository.Find(parse) is { } at)
                {
                    options.ThrowIfGiven(parse);
                    await OfflineBackups.ListAsync(
                        at,
                        parse.GetValue(volume) is { } source ? new VolumeName(source) : null,
                        output.ReadList(parse),
                        cancel
                    );
                    return;
                }

                options.Check(parse);
                using var api = server.Open(parse);
                if (parse.GetValue(deleted))
                {
                    PrintDeleted(await api.Operations.ListDeletedAsync(cancel), output.ReadList(parse));
                    return;
                }

                var volumeId = parse.GetValue(volume) is { } name ? await VolumeIdAsync(api, name, cancel) : null;
                await RunAsync(api, options.Read(parse, volumeId), parse.GetValue(options.Count), output.ReadList(parse), cancel);
            }
        );
        return command;
    }

    /// <summary>Backups outlive their volume: an id that no volume has any more is asked for as it is.</summary>
    public static async Task<string> VolumeIdAsync(HoldfastApi api, string nameOrId, CancellationToken cancel) =>
        Guid.TryParseExact(nameOrId, "D", out _) ? nameOrId : (await api.FindVolumeAsync(nameOrId, cancel)).Id;

    private static async Task RunAsync(HoldfastApi api, ListRequest request, bool count, ListOutput output, CancellationToken cancel)
    {
        if (count)
        {
            PageOptions.PrintCount(await api.CountBackupsAsync(request, cancel), output.Form);
            return;
        }

        var backups = await api.ListBackupsAsync(request, cancel);
        if (output.Wrote(backups.Select(backup => (backup.Id, backup.Name, backup.Raw)), Fields))
        {
            return;
        }

        Print(output, backups, (await api.ListVolumesAsync(cancel)).ToDictionary(v => v.Id, v => v.Name));
    }

    private static void PrintDeleted(IReadOnlyList<JsonElement> backups, ListOutput output)
    {
        if (output.Wrote(backups, DeletedFields))
        {
            return;
        }

        Tables.Print(
            ["Id", "Name", "Volume", "Created (UTC)", "Kept until (UTC)", ">Size"],
            backups.Select(b =>
                new[]
                {
                    b.Required("id"),
                    Tables.Plain(b.Text("name")),
                    Tables.Plain(b.Text("volume_id")),
                    Text.Time(b.Time("created_at")),
                    Text.Time(b.Time("kept_until")),
                    Text.Bytes(b.Number("volume_bytes")),
                }
            ),
            output
        );
    }

    /// <summary>With why where one failed or is damaged: who is told of that is sent here, and who restores looks here first.</summary>
    private static void Print(ListOutput output, IReadOnlyList<BackupItem> backups, Dictionary<string, string> names)
    {
        string[] columns = ["Id", "Name", "Volume", "Status", "Created (UTC)", "Consistency", ">Size", ">Read", ">Stored"];
        var failed = backups.Any(backup => WhyOf(backup) is not null);
        Tables.Print(
            failed ? [.. columns, "Why"] : columns,
            backups.Select(b =>
                (string[])[
                    b.Id,
                    Tables.Plain(b.Name),
                    Tables.Plain(names.GetValueOrDefault(b.VolumeId, b.VolumeId)),
                    Tables.State(b.Status),
                    Text.Time(b.CreatedAt),
                    Tables.Plain(b.Consistency),
                    Text.Bytes(b.VolumeBytes),
                    Text.Bytes(b.BytesRead),
                    Text.Bytes(b.BytesStored),
                    .. failed ? (string[])[Tables.Plain(WhyOf(b))] : [],
                ]
            ),
            output
        );
    }

    private static string? WhyOf(BackupItem backup) =>
        backup.FailReason ?? (backup.Verdict is { IsOk: false } damaged ? $"Damaged: {damaged.Reason}" : null);
}
