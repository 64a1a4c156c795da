using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Drills;

internal static class DrillRun
{
    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string?>("VOLUME")
        {
            Description = "Name or id of a volume; without it, all of the project that have a backup.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var wait = new Option<bool>("--wait")
        {
            Description = "Wait until the drills have ended; exit code 1 where one did not prove that its volume can be restored.",
        };
        var output = OutputOptions.OfList();
        var command = new Command("run", "Restore the newest backup to nowhere and verify all of it.") { which, wait, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var volume = parse.GetValue(which) is { } name ? (await api.FindVolumeAsync(name, cancel)).Id : null;
                var ordered = await api.Drills.OrderAsync(volume, cancel);
                if (ordered.Count == 0)
                {
                    throw new VerbFailedException("no volume of this project has a backup that could be restored.");
                }

                var drills = parse.GetValue(wait) ? await WaitAsync(api, ordered, cancel) : ordered;
                Print(drills, output.ReadList(parse));

                return parse.GetValue(wait) && drills.Any(drill => !drill.IsProven) ? ExitCode.Failed : ExitCode.Done;
            }
        );
        return command;
    }

    private static async Task<IReadOnlyList<DrillItem>> WaitAsync(
        HoldfastApi api,
        IReadOnlyList<DrillItem> ordered,
        CancellationToken cancel
    )
    {
        using var line = new ProgressLine(TimeProvider.System);
        return await Waiting.GoesOnAsync(
            "the drills go on: holdfast drill list",
            async () =>
            {
                var ended = new List<DrillItem>();
                foreach (var drill in ordered)
                {
                    var what = $"Drill {ended.Count + 1} of {ordered.Count}, volume '{drill.VolumeName}':";
                    JobPaceReader? pace = null;
                    ended.Add(
                        await Polling.UntilAsync(AskAsync, seen => seen.HasEnded, seen: null, TimeProvider.System, cancel)
                    );

                    async Task<DrillItem> AskAsync()
                    {
                        var seen = await api.Drills.GetAsync(drill.Id, cancel);
                        if (seen.JobId is { } job)
                        {
                            pace ??= new JobPaceReader(api, job, TimeProvider.System);
                        }

                        await Waiting.ShowAsync(line, pace, what, seen.Status, seen.BeganAt, cancel);
                        return seen;
                    }
                }

                return ended;
            },
            cancel
        );
    }

    private static void Print(IReadOnlyList<DrillItem> drills, ListOutput output)
    {
        if (!DrillGroup.Print(drills, output))
        {
            return;
        }

        foreach (var drill in drills.Where(drill => drill is { IsProven: false, Output.Length: > 0 }))
        {
            Console.WriteLine($"What the command wrote about volume '{drill.VolumeName}':");
            Console.WriteLine(drill.Output);
        }

        if (drills.Any(drill => !drill.HasEnded))
        {
            Console.WriteLine("'holdfast drill list' shows how they go.");
        }
    }
}
