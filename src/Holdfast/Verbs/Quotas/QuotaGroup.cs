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
    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("quota", "How many backups the project has and may have.") { MakeShow(server), MakeSet(server) };
        server.AddTo(group);
        return group;
    }

    private static Command MakeShow(ServerOptions server)
    {
        var json = CommonOptions.Json();
        var command = new Command("show", "Show what the project has and may have.") { json };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                Print(await api.Backups.GetQuotaAsync(cancel), parse.GetValue(json));
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
        var json = CommonOptions.Json();
        var command = new Command("set", "Set what the project may have (role admin).") { backups, gigabytes, json };
        command.SetAction(
            async (parse, cancel) =>
            {
                if ((parse.GetValue(backups) ?? parse.GetValue(gigabytes)) is null)
                {
                    throw new UsageException("nothing to set: give --backups or --gigabytes.");
                }

                using var api = server.Open(parse);
                Print(await api.Backups.SetQuotaAsync(parse.GetValue(backups), parse.GetValue(gigabytes), cancel), parse.GetValue(json));
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

        Tables.Print(
            ["What", ">Used", ">Being made", ">May have"],
            (answer.Object("quotas") ?? answer)
                .Elements("resources")
                .Select(one =>
                    new[]
                    {
                        Tables.Plain(one.Text("type")),
                        $"{one.Number("used")}",
                        $"{one.Number("reserved")}",
                        one.Number("quota") == -1 ? "any number" : $"{one.Number("quota")}",
                    }
                )
        );
    }
}
