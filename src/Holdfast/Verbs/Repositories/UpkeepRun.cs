using System.CommandLine;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Repositories;

/// <summary>Upkeep that a service does: ordered, and waited for.</summary>
internal static class UpkeepRun
{
    /// <summary>Tells the figures of a run that has ended; of one that failed, too, where it has any.</summary>
    /// <exception cref="VerbFailedException">After that, where it failed.</exception>
    public static async Task RunAsync(
        ServerOptions server,
        ParseResult parse,
        string kind,
        Action<JsonElement> tell,
        CancellationToken cancel
    )
    {
        var ended = await WaitAsync(server, parse, kind, cancel);
        if (ended.Object("figures") is { } figures)
        {
            tell(figures);
        }

        if (ended.Text("status") != "SUCCESS")
        {
            throw new VerbFailedException(ended.Text("fail_reason") ?? $"job {ended.Text("id")} failed; the service's log says why.");
        }
    }

    /// <returns>The job, ended.</returns>
    private static async Task<JsonElement> WaitAsync(ServerOptions server, ParseResult parse, string kind, CancellationToken cancel)
    {
        using var api = server.Open(parse);
        var run = await api.Upkeep.OrderAsync(kind, cancel);
        return await Waiting.GoesOnAsync(
            $"it goes on: holdfast job list --kind {kind}",
            () => Waiting.ForUpkeepAsync(api, run, $"{char.ToUpperInvariant(kind[0])}{kind[1..]}", cancel),
            cancel
        );
    }
}
