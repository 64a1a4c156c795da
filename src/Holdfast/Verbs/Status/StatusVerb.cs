using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;
using Spectre.Console;

namespace Holdfast.Verbs.Status;

/// <summary><c>status</c>: whether all is well, and if not, what to do.</summary>
internal static class StatusVerb
{
    public static Command Make()
    {
        var server = new ServerOptions();
        var output = OutputOptions.OfObject();
        var command = new Command(
            "status",
            "Say whether the project's volumes are protected, and if not, what to do. Exit code 1 when not all is well."
        )
        {
            output,
        };
        server.AddTo(command);
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var status = await api.Operations.GetStatusAsync(cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(status);
                }
                else
                {
                    Print(status);
                }

                return status.Required("state") == "ok" ? ExitCode.Done : ExitCode.Failed;
            }
        );
        return command;
    }

    private static void Print(JsonElement status)
    {
        var color = status.Required("state") switch
        {
            "ok" => "green",
            "warning" => "yellow",
            _ => "red",
        };
        AnsiConsole.MarkupLine($"[{color}]{Tables.Plain(status.Required("sentence"))}[/]");
        var reasons = status.Elements("reasons").ToList();
        foreach (var reason in reasons)
        {
            var reasonColor = reason.Required("severity") == "error" ? "red" : "yellow";
            AnsiConsole.MarkupLine($"\n[{reasonColor}]{reason.Required("severity")}[/] {Tables.Plain(reason.Required("text"))}");
            AnsiConsole.MarkupLine($"  {Tables.Plain(reason.Required("do"))}");
        }

        if (status.Number("reasons_total") is { } total && total > reasons.Count)
        {
            AnsiConsole.MarkupLine($"\nand {total - reasons.Count} more.");
        }
    }
}
