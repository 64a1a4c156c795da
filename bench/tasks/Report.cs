using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Holdfast.Bench.Tasks;

/// <summary>bench/results/tasks.md.</summary>
internal static class Report
{
    private const double WantedLatencyRatio = 1.3;
    private const double WantedRateOfFixed = 0.5;

    public static string Write(
        BenchOptions options,
        IReadOnlyList<(string Database, Dictionary<(int Tasks, string Name), Cost> Costs)> results
    )
    {
        var text = new StringBuilder();
        text.AppendLine("# The query of backup jobs: does it stay cheap?");
        text.AppendLine();
        text.AppendLine(
            "Written by `bench/tasks/run`. Two services, one whose policy has few tasks and one whose policy has many, asked the same "
                + "questions in turn over keep-alive"
        );
        text.AppendLine(
            "connections of this machine. Latency is the median of requests one after the other; throughput that of 8 connections at "
                + "once; both are medians over the rounds."
        );
        text.AppendLine(
            "The *fixed answer* is an endpoint of the same process behind the same checks that sends as many bytes as the question's "
                + "answer has, without asking the catalog."
        );
        text.AppendLine("The client runs on the same cores as the service and counts in every figure.");
        text.AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{DateTimeOffset.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, "
                + $"{options.Rounds} rounds of {options.Seconds} s. Wanted: latency ratio at most {WantedLatencyRatio}, throughput at "
                + $"least {WantedRateOfFixed} of the fixed answer's."
        );
        foreach (var (database, costs) in results)
        {
            Table(text, database, options.Sizes, costs);
        }

        return text.ToString();
    }

    private static void Table(StringBuilder text, string database, int[] sizes, Dictionary<(int Tasks, string Name), Cost> costs)
    {
        var (few, many) = (sizes.Min(), sizes.Max());
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {database}").AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"| query | answer, bytes | latency at {few:N0}, µs | at {many:N0}, µs | ratio | requests/s at {few:N0} | at {many:N0} | of "
                + $"the fixed answer's |"
        );
        text.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var name in Target.Questions)
        {
            var (small, large) = (costs[(few, name)], costs[(many, name)]);
            var ofFixed = large.RequestsPerSecond / costs[(many, Target.FixedTwin(name))].RequestsPerSecond;
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {name} | {large.AnswerBytes} | {small.LatencyUs:0} | {large.LatencyUs:0} | {large.LatencyUs / small.LatencyUs:0.00} "
                    + $"| {small.RequestsPerSecond:0} | {large.RequestsPerSecond:0} | {ofFixed:0.00} |"
            );
        }
    }
}
