using System.Globalization;

namespace Holdfast.Bench.Tasks;

internal sealed record BenchOptions
{
    /// <summary>Tasks in the policy, fewest and most.</summary>
    public int[] Sizes { get; init; } = [1_000, 1_000_000];

    public int Rounds { get; init; } = 5;

    /// <summary>Seconds of each throughput measurement.</summary>
    public double Seconds { get; init; } = 3;

    public string[] Databases { get; init; } = ["sqlite", "postgres"];

    public string Output { get; init; } = "bench/results/tasks.md";

    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions();
        for (var n = 0; n + 1 < args.Length; n += 2)
        {
            var value = args[n + 1];
            options = args[n] switch
            {
                "--sizes" => options with { Sizes = [.. value.Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))] },
                "--rounds" => options with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                "--databases" => options with { Databases = value.Split(',') },
                "--out" => options with { Output = value },
                _ => throw new ArgumentException($"There is no option '{args[n]}'."),
            };
        }

        return options;
    }
}
