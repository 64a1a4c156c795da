using System.Diagnostics;
using System.Text.Json;

namespace Holdfast.Bench.Tasks;

/// <summary>The requests of one service, made beforehand: each question, and beside it one for a fixed answer of the same size.</summary>
internal sealed record Target(int Tasks, int Port, IReadOnlyDictionary<string, byte[]> Requests)
{
    public static readonly string[] Questions = ["first page", "marker page", "status page", "job_id"];

    public static string FixedTwin(string question) => $"{question}, fixed";

    /// <summary>The marker lies in the middle of the history; it is the task that is asked for by its id, too.</summary>
    public static Target Prepare(Service service, string policy, int tasks)
    {
        var list = $"/v2/{service.Project}/backuppolicy/{policy}/backuptasks";
        byte[] Get(string path) => RawHttp.Request(service.Port, path, service.Token);
        using var http = new RawHttp(service.Port);
        using var middle = JsonDocument.Parse(http.SendAndRead(Get($"{list}?limit=1&offset={tasks / 2}")));
        if (middle.RootElement.GetProperty("count").GetInt64() != tasks)
        {
            throw new InvalidOperationException(
                $"The service counts {middle.RootElement.GetProperty("count")} tasks where {tasks} were filled in."
            );
        }

        var marker = middle.RootElement.GetProperty("tasks")[0].GetProperty("job_id").GetString();
        var requests = new Dictionary<string, byte[]>
        {
            ["first page"] = Get($"{list}?limit=20"),
            ["marker page"] = Get($"{list}?limit=20&marker={marker}"),
            ["status page"] = Get($"{list}?limit=20&status=EXECUTE_FAIL"),
            ["job_id"] = Get($"{list}?job_id={marker}"),
        };
        foreach (var question in Questions)
        {
            requests[FixedTwin(question)] = Get($"{list}-fixed?size={http.Send(requests[question])}");
        }

        return new Target(tasks, service.Port, requests);
    }
}

/// <summary>What one request cost: medians over the rounds. Microseconds; requests a second.</summary>
internal sealed record Cost(double LatencyUs, double RequestsPerSecond, int AnswerBytes);

internal static class Measure
{
    private const int Connections = 8;
    private const int SequentialRequests = 400;
    private const int WarmUpRequests = 2000;

    /// <summary>Interleaved: each round asks every target every question once, so that whatever slows the machine slows them all.</summary>
    public static async Task<Dictionary<(int Tasks, string Name), Cost>> RunAsync(
        IReadOnlyList<Target> targets,
        int rounds,
        TimeSpan throughputTime
    )
    {
        var latencies = new Dictionary<(int, string), List<double>>();
        var rates = new Dictionary<(int, string), List<double>>();
        var bytes = new Dictionary<(int, string), int>();
        foreach (var (target, name) in Pairs(targets))
        {
            using var http = new RawHttp(target.Port);
            for (var n = 0; n < WarmUpRequests; n++)
            {
                bytes[(target.Tasks, name)] = http.Send(target.Requests[name]);
            }
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var (target, name) in Pairs(targets))
            {
                Add(latencies, (target.Tasks, name), Sequential(target, name));
            }

            foreach (var (target, name) in Pairs(targets))
            {
                Add(rates, (target.Tasks, name), await ConcurrentAsync(target, name, throughputTime));
            }

            Console.WriteLine($"  round {round + 1} of {rounds}");
        }

        return Pairs(targets)
            .Select(pair => (pair.Target.Tasks, pair.Name))
            .ToDictionary(key => key, key => new Cost(Median(latencies[key]), Median(rates[key]), bytes[key]));
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    // Targets alternate within a question, so that what is compared was measured next to each other.
    private static IEnumerable<(Target Target, string Name)> Pairs(IReadOnlyList<Target> targets) =>
        from question in Target.Questions
        from name in new[] { question, Target.FixedTwin(question) }
        from target in targets
        select (target, name);

    private static double Sequential(Target target, string name)
    {
        using var http = new RawHttp(target.Port);
        var times = new double[SequentialRequests];
        for (var n = 0; n < times.Length; n++)
        {
            var begin = Stopwatch.GetTimestamp();
            http.Send(target.Requests[name]);
            times[n] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }

        return Median(times);
    }

    private static async Task<double> ConcurrentAsync(Target target, string name, TimeSpan time)
    {
        var begin = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(
            Enumerable
                .Range(0, Connections)
                .Select(_ =>
                    Task.Factory.StartNew(
                        () =>
                        {
                            using var http = new RawHttp(target.Port);
                            var count = 0;
                            while (Stopwatch.GetElapsedTime(begin) < time)
                            {
                                http.Send(target.Requests[name]);
                                count++;
                            }

                            return count;
                        },
                        TaskCreationOptions.LongRunning
                    )
                )
        );
        return counts.Sum() / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static void Add(Dictionary<(int, string), List<double>> to, (int, string) key, double value)
    {
        if (!to.TryGetValue(key, out var list))
        {
            to[key] = list = [];
        }

        list.Add(value);
    }
}
