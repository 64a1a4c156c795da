using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Terminal;

namespace Holdfast.Verbs.Options;

/// <summary>Waiting for what the service does, with a line that shows that it goes on. Ctrl-C ends the waiting only.</summary>
internal static class Waiting
{
    public static async Task<JobItem> ForJobAsync(HoldfastApi api, string job, string what, CancellationToken cancel)
    {
        using var line = new ProgressLine(TimeProvider.System);
        var pace = new JobPaceReader(api, job, TimeProvider.System);
        return await GoesOnAsync(
            $"the job goes on: holdfast job show {job}",
            () => Polling.UntilAsync(AskAsync, seen => seen.HasEnded, seen: null, TimeProvider.System, cancel),
            cancel
        );

        async Task<JobItem> AskAsync()
        {
            var seen = await api.GetJobAsync(job, cancel);
            await ShowAsync(line, pace, what, seen.Status, seen.BeginAt, cancel);
            return seen;
        }
    }

    /// <summary>A job as an operator sees it, the service's own upkeep above all.</summary>
    public static async Task<JsonElement> ForUpkeepAsync(HoldfastApi api, string job, string what, CancellationToken cancel)
    {
        using var line = new ProgressLine(TimeProvider.System);
        var pace = new JobPaceReader(api, job, TimeProvider.System);
        return await Polling.UntilAsync(AskAsync, UpkeepApi.HasEnded, seen: null, TimeProvider.System, cancel);

        async Task<JsonElement> AskAsync()
        {
            var seen = await api.Upkeep.GetAsync(job, cancel);
            await ShowAsync(line, pace, what, seen.Required("status"), seen.Time("begin_at"), cancel);
            return seen;
        }
    }

    /// <summary>Shows a job's state, and how far it is where its log tells that.</summary>
    /// <param name="pace">Null where there is no job yet.</param>
    /// <param name="beginAt">When the job began, or of several things that it does the one that is waited for.</param>
    public static async Task ShowAsync(
        ProgressLine line,
        JobPaceReader? pace,
        string what,
        string status,
        DateTimeOffset? beginAt,
        CancellationToken cancel
    )
    {
        if (!line.IsVisible)
        {
            return;
        }

        await (pace?.LookAsync(beginAt, cancel) ?? Task.CompletedTask);
        line.Report($"{what} {status.ToLowerInvariant()},{(pace?.Last is { } last ? $" {Spell(last)}," : "")}");
    }

    /// <summary><c>42 %: 3.1 GiB of 7.4 GiB, 120 MiB/s, 36 s left</c>, as it was when the job last told.</summary>
    internal static string Spell(JobPace pace)
    {
        var percent = pace.BytesTotal > 0 ? Math.Clamp((long)(100.0 * pace.BytesDone / pace.BytesTotal), 0, 100) : 100;
        var amount = $"{percent} %: {Text.Bytes(pace.BytesDone)} of {Text.Bytes(pace.BytesTotal)}";
        return pace.Took is { } took
            ? $"{amount}, {Text.Bytes((long)(pace.BytesDone / took.TotalSeconds))}/s"
                + ProgressLine.Left(pace.BytesDone, pace.BytesTotal, took)
            : amount;
    }

    /// <param name="hint">What goes on, and which command shows how.</param>
    public static async Task<T> GoesOnAsync<T>(string hint, Func<Task<T>> wait, CancellationToken cancel)
    {
        try
        {
            return await wait();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw new WaitInterruptedException($"interrupted; {hint}");
        }
        catch (VerbFailedException e) when (Polling.IsAway(e))
        {
            throw new VerbFailedException($"{e.Message} What was ordered is not known to have failed; {hint}", e);
        }
    }
}
