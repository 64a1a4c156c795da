using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Quotas;

/// <summary><c>quota show|set</c>.</summary>
internal static class QuotaGroup
{
    /// <summary>What the service calls it, and what the options and people do.</summary>
    private static readonly (string Member, string Name)[] Shown =
    [
        ("backups", "backups"),
        ("backup_gigabytes", "GiB of backups"),
        ("volumes", "volumes"),
        ("gigabytes", "GiB of volumes"),
    ];

    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("quota", "How many volumes and backups the project has and may have.")
        {
            MakeShow(server),
            MakeSet(server),
        };
        server.AddTo(group);
        return group;
    }

    private static Command MakeShow(ServerOptions server)
    {
        var output = OutputOptions.OfObject();
        var command = new Command("show", "Show what the project has and may have.") { output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                Print(await api.Backups.GetQuotaAsync(cancel), output.IsJson(parse));
            }
        );
        return command;
    }

    private static Command MakeSet(ServerOptions server)
    {
        var backups = CommonOptions.Number<long>("--backups", "N", "Backups it may have; -1 for any number.");
        var gigabytes = CommonOptions.Number<long>(
            "--gigabytes",
            "GIB",
            "GiB that the volumes of its backups may have together; -1 for any number."
        );
        gigabytes.Aliases.Add("--backup-gigabytes"); // what 'quota show' and the API call it
        var volumes = CommonOptions.Number<long>("--volumes", "N", "Volumes it may have; -1 for any number.");
        var size = CommonOptions.Number<long>("--volume-gigabytes", "GIB", "GiB that its volumes may have together; -1 for any number.");
        var output = OutputOptions.OfObject();
        var command = new Command("set", "Set what the project may have (role admin). What is not named stays.")
        {
            backups,
            gigabytes,
            volumes,
            size,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var quota = new QuotaMembers
                {
                    Backups = parse.GetValue(backups),
                    BackupGigabytes = parse.GetValue(gigabytes),
                    Volumes = parse.GetValue(volumes),
                    Gigabytes = parse.GetValue(size),
                };
                if (quota == new QuotaMembers())
                {
                    throw new UsageException("nothing to set: give --backups, --gigabytes, --volumes or --volume-gigabytes.");
                }

                using var api = server.Open(parse);
                Print(await api.Backups.SetQuotaAsync(quota, cancel), output.IsJson(parse));
            }
        );
        return command;
    }

    private static void Print(JsonElement answer, bool json)
    {
        if (json)
        {
            JsonOut.Write(answer);
            return;
        }

        var set = answer.Object("quota_set") ?? answer;
        Tables.Print(
            ["What", ">Used", ">Being made", ">May have"],
            Shown.Where(kind => set.Object(kind.Member) is not null)
                .Select(kind =>
                    new[]
                    {
                        kind.Name,
                        $"{set.Object(kind.Member)?.Number("in_use")}",
                        $"{set.Object(kind.Member)?.Number("reserved")}",
                        set.Object(kind.Member)?.Number("limit") is { } limit and not -1 ? $"{limit}" : "any number",
                    }
                )
        );
    }
}
