using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Jobs;

internal static class JobShow
{
    private const int NotFound = 404;
    private const int Forbidden = 403;

    public static Command Make(ServerOptions server)
    {
        var which = new Argument<string>("JOB") { Description = "Id of a job: a task's vbs_job_id, or what a restore printed." };
        var output = OutputOptions.OfObject();
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended; exit code 1 where it failed." };
        var command = new Command("show", "Show one job.") { which, wait, output };
        command.SetAction(
            async (parse, cancel) =>
            {
                using var api = server.Open(parse);
                var id = parse.GetRequiredValue(which);
                var (job, told) = await FindAsync(api, id, parse.GetValue(wait), cancel);
                if (output.IsJson(parse))
                {
                    JsonOut.Write(job.Raw);
                }
                else
                {
                    Print(job, told);
                }

                return parse.GetValue(wait) && job.Status == "FAIL" ? ExitCode.Failed : ExitCode.Done;
            }
        );
        return command;
    }

    /// <summary>The job, and as an operator is told it; null where the caller is none. The service's own upkeep is told to operators
    /// only.</summary>
    private static async Task<(JobItem Job, JsonElement? Told)> FindAsync(HoldfastApi api, string id, bool wait, CancellationToken cancel)
    {
        JobItem job;
        try
        {
            job = wait ? await Waiting.ForJobAsync(api, id, "Job", cancel) : await api.GetJobAsync(id, cancel);
        }
        catch (ApiRefusedException e) when (e.Status == NotFound)
        {
            if (await FindToldAsync(api, id, wait, cancel) is { } upkeep)
            {
                return (JobItem.ReadOperator(upkeep), upkeep);
            }

            throw;
        }

        return (job, await FindToldAsync(api, job.Id, wait: false, cancel));
    }

    private static async Task<JsonElement?> FindToldAsync(HoldfastApi api, string id, bool wait, CancellationToken cancel)
    {
        try
        {
            return wait
                ? await Waiting.ForUpkeepAsync(api, id, "Job", cancel)
                : await api.Upkeep.GetAsync(id, cancel);
        }
        catch (ApiRefusedException e) when (e.Status is NotFound or Forbidden)
        {
            return null;
        }
    }

    /// <summary>What it did and what it sent to stores, a line a number; lists are for <c>--json</c>.</summary>
    private static IEnumerable<(string, string?)> FactsOf(JsonElement? told, string member, string before) =>
        told is { } job && job.Object(member) is { } facts
            ? facts
                .EnumerateObject()
                .Where(fact => fact.Value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object or JsonValueKind.Null))
                .Select(fact => ($"{before}{fact.Name}", (string?)Tables.Plain(fact.Value.ToString())))
            : [];

    /// <summary>How far a job is that runs; null where that is not told.</summary>
    private static string? ProgressOf(JsonElement? told)
    {
        if (told is not { } job || job.Text("status") != "RUNNING" || job.Number("bytes_done") is not { } done)
        {
            return null;
        }

        var total = job.Number("bytes_total") ?? 0;
        var share = total > 0 ? $"{Math.Min(100, done / (double)total * 100):0} %, " : "";
        var rate = job.Number("bytes_per_second") is { } speed and > 0
            ? $", {Text.Bytes(speed)}/s, {Text.Duration(TimeSpan.FromSeconds(Math.Max(0, total - done) / (double)speed))} left"
            : "";
        return $"{share}{Text.Bytes(done)} of {Text.Bytes(total)}{rate}";
    }

    private static void Print(JobItem job, JsonElement? told)
    {
        (string, string?)[] entities =
        [
            .. (job.Raw.Object("entities") ?? default) is { ValueKind: JsonValueKind.Object } found
                ? found.EnumerateObject().Select(member => (member.Name, (string?)Tables.Plain(member.Value.GetString())))
                : [],
        ];
        Tables.PrintFacts([
            ("Id", job.Id),
            ("Kind", Tables.Plain(job.Kind)),
            ("Status", Tables.State(job.Status)),
            ("Begun", $"{Text.Time(job.BeginAt)}{(job.BeginAt is null ? "not yet" : " UTC")}"),
            ("Ended", $"{Text.Time(job.EndAt)}{(job.EndAt is null ? "not yet" : " UTC")}"),
            .. entities,
            ("Progress", ProgressOf(told)),
            .. FactsOf(told, "figures", "Figures: "),
            .. FactsOf(told, "store_requests", "Store: "),
            .. job.FailReason is { } reason ? new (string, string?)[] { ("Why", Tables.Plain($"{reason} ({job.ErrorCode})")) } : [],
        ]);
    }
}
