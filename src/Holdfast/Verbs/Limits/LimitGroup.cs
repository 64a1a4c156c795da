using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Limits;

/// <summary><c>limit show|set</c>.</summary>
internal static class LimitGroup
{
    /// <summary>What <c>--hours</c> says for the whole day.</summary>
    private const string Always = "always";

    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("limit", "How many bytes a second the service may move (role admin).")
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
        var command = new Command("show", "Show how many bytes a second the service may move.") { output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                Print(await api.Backups.GetLimitsAsync(cancel), output.IsJson(parse));
            }
        );
        return command;
    }

    private static Command MakeSet(ServerOptions server)
    {
        var read = Rate("--read", "Read from volumes");
        var write = Rate("--store-write", "Write to the repository");
        var storeRead = Rate("--store-read", "Read from the repository");
        var hours = new Option<string?>("--hours")
        {
            HelpName = "HH:MM-HH:MM",
            Description = $"When the limits hold, in UTC; '{Always}' for the whole day.",
        };
        var output = OutputOptions.OfObject();
        var command = new Command(
            "set",
            "Set how many bytes a second each process of the service may move, at once and for good. What is not given stays as it is."
        )
        {
            read,
            write,
            storeRead,
            hours,
            output,
        };
        command.SetAction(
            async (parse, cancel) =>
            {
                var request = new LimitsRequest(
                    parse.GetValue(read),
                    parse.GetValue(write),
                    parse.GetValue(storeRead),
                    parse.GetValue(hours) is Always ? "" : parse.GetValue(hours)
                );
                if (request == new LimitsRequest(null, null, null, null))
                {
                    throw new UsageException("nothing to set: give --read, --store-write, --store-read or --hours.");
                }

                using var api = server.Open(parse);
                Print(await api.Backups.SetLimitsAsync(request, cancel), output.IsJson(parse));
            }
        );
        return command;
    }

    private static Option<long?> Rate(string name, string what) =>
        CommonOptions.Number<long>(name, "BYTES", $"{what} at most so many bytes a second, all jobs together; 0 for no limit.");

    private static void Print(JsonElement answer, bool json)
    {
        if (json)
        {
            JsonOut.Write(answer);
            return;
        }

        Tables.PrintFacts(
            ("Read from volumes", Shown(answer.Number("read_bytes_per_second"))),
            ("Written to the repository", Shown(answer.Number("store_write_bytes_per_second"))),
            ("Read from the repository", Shown(answer.Number("store_read_bytes_per_second"))),
            ("Hours (UTC)", Tables.Plain(answer.Text("hours") ?? Always)),
            ("Hold now", answer.Flag("in_force") is true ? "yes" : "no")
        );
    }

    private static string Shown(long? rate) => rate is > 0 ? $"{Text.Bytes(rate)}/s" : "no limit";
}
