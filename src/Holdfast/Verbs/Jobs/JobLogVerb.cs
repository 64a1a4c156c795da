using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Jobs;

internal static class JobLogVerb
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("JOB") { Description = "Id of a job, or of a policy's task." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is added, until the job has ended." };
        var search = new Option<string?>("--search") { HelpName = "TEXT", Description = "Only lines that have this text in them." };
        var output = OutputOptions.OfObject("A JSON object a line; the same as --output json.");
        var command = new Command("log", "Print what a job did and met.") { which, follow, search, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var after = 0L;
                while (true)
                {
                    var page = await (after > 0 ? Polling.PatientlyAsync(ReadAsync, TimeProvider.System, cancel) : ReadAsync());
                    var lines = page.Elements("lines").ToList();
                    foreach (var line in lines)
                    {
                        after = line.GetProperty("number").GetInt64();
                        Console.Out.WriteLine(output.IsJson(parse) ? line.GetRawText() : Spell(line));
                    }

                    Console.Out.Flush();
                    if (page.Flag("ended") == true || (lines.Count == 0 && !parse.GetValue(follow)))
                    {
                        return;
                    }

                    if (lines.Count == 0)
                    {
                        await Task.Delay(Interval, TimeProvider.System, cancel);
                    }

                    Task<JsonElement> ReadAsync() =>
                        api.Operations.ReadJobLogAsync(parse.GetRequiredValue(which), after, parse.GetValue(search), cancel);
                }
            }
        );
        return command;
    }

    private static string Spell(JsonElement line)
    {
        var level = line.Required("level") switch
        {
            "info" => "",
            var grave => grave.ToUpperInvariant() + ": ",
        };
        return $"{line.Time("time"):yyyy-MM-dd HH:mm:ss.fff}  {level}{Tables.Plain(line.Text("message"))}";
    }
}
