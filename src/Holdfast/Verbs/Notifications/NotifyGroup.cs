using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Notifications;

/// <summary><c>notify target|rule|deliveries|test</c>.</summary>
internal static class NotifyGroup
{
    /// <summary>Of <c>--output csv</c>; scripts rely on them, so they only grow, at the end.</summary>
    private static readonly string[] DeliveryFields =
    [
        "id",
        "target_id",
        "target_name",
        "event",
        "severity",
        "what",
        "state",
        "attempts",
        "@created_at",
        "@next_try_at",
        "@ended_at",
        "last_status",
        "last_answer",
    ];

    public static Command Make()
    {
        var server = new ServerOptions();
        var group = new Command("notify", "Who is told what goes wrong with the project's volumes and with the service (role admin).")
        {
            NotifyTargets.Make(server),
            NotifyRules.Make(server),
            MakeDeliveries(server),
            MakeTest(server),
        };
        server.AddTo(group);
        return group;
    }

    public static Argument<string> Target() => new("TARGET") { Description = "Name or id of a target." };

    private static Command MakeDeliveries(ServerOptions server)
    {
        var target = new Option<string?>("--target") { HelpName = "TARGET", Description = "Only messages to this target (name or id)." };
        var limit = CommonOptions.Number<int>("--limit", "N", "At most so many (100).");
        var output = OutputOptions.OfList();
        var command = new Command("deliveries", "List messages and what came of them, the last first.") { target, limit, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var to = parse.GetValue(target) is { } name ? (await api.Notify.FindTargetAsync(name, cancel)).Id : null;
                var found = await api.Notify.ListDeliveriesAsync(to, parse.GetValue(limit), cancel);
                var how = output.ReadList(parse);
                if (how.Wrote(found, DeliveryFields))
                {
                    return;
                }

                Tables.Print(
                    ["Made (UTC)", "Target", "Event", "State", ">Tries", "Next (UTC)", ">Status", "Answer"],
                    found.Select(one =>
                        new[]
                        {
                            Text.Time(one.Time("created_at")),
                            Tables.Plain(one.Text("target_name")),
                            Tables.Plain(one.Text("event")),
                            Tables.State(one.Text("state") ?? ""),
                            $"{one.Number("attempts")}",
                            Text.Time(one.Time("next_try_at")),
                            $"{one.Number("last_status")}",
                            Tables.Plain(one.Text("last_answer")),
                        }
                    ),
                    how
                );
            }
        );
        return command;
    }

    private static Command MakeTest(ServerOptions server)
    {
        var (which, output) = (Target(), OutputOptions.OfObject());
        var command = new Command("test", "Send a target a message now. Exit code 1 where it did not come through.") { which, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var target = await api.Notify.FindTargetAsync(parse.GetRequiredValue(which), cancel);
                var result = await api.Notify.TestAsync(target.Id, cancel);
                var isDelivered = result.Flag("delivered") == true;
                var said = $"{result.Number("status")} {result.Text("answer")}".Trim();
                if (output.IsJson(parse))
                {
                    JsonOut.Write(result);
                    return isDelivered ? ExitCode.Done : ExitCode.Failed;
                }

                if (!isDelivered)
                {
                    throw new VerbFailedException($"the message did not reach target '{target.Name}': {said}");
                }

                Console.WriteLine($"The message reached target '{target.Name}': {said}");
                return ExitCode.Done;
            }
        );
        return command;
    }
}
