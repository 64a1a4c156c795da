using System.CommandLine;
using System.Text.Json;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

/// <summary>Upkeep that a service does: ordered, and waited for.</summary>
internal static class UpkeepRun
{
    /// <returns>The job, ended.</returns>
    public static async Task<JsonElement> RunAsync(ServerOptions server, ParseResult parse, string kind, CancellationToken cancel)
    {
        using var api = server.Open(parse);
        var run = await api.Upkeep.OrderAsync(kind, cancel);
        using var line = new ProgressLine(TimeProvider.System);
        return await Waiting.GoesOnAsync(
            $"it goes on: holdfast job list --kind {kind}",
            () =>
                api.Upkeep.WaitAsync(
                    run,
                    status => line.Report($"{char.ToUpperInvariant(kind[0])}{kind[1..]} {status.ToLowerInvariant()},"),
                    TimeProvider.System,
                    cancel
                ),
            cancel
        );
    }
}
