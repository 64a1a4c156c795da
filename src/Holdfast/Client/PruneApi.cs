using System.Text.Json;

namespace Holdfast.Client;

/// <summary>Prune of the service's repository; role admin.</summary>
internal sealed class PruneApi(ApiConnection connection)
{
    /// <summary>What a run would find and free now.</summary>
    public Task<JsonElement> LookAsync(CancellationToken cancel) => connection.GetAsync(Plane.Admin, "/repository/prune", cancel);

    /// <summary>Orders a run; returns the id of its job, or of the one that is open.</summary>
    public async Task<string> OrderAsync(CancellationToken cancel) =>
        (await connection.SendAsync(HttpMethod.Post, Plane.Admin, "/repository/prune", cancel)).Required("job_id");

    /// <summary>A run that has ended: its job.</summary>
    /// <param name="seen">Told of its status.</param>
    public Task<JsonElement> WaitAsync(string job, Action<string> seen, TimeProvider clock, CancellationToken cancel) =>
        Polling.UntilAsync(
            () => GetAsync(job, cancel),
            run => run.Required("status") is "SUCCESS" or "FAIL",
            run => seen(run.Required("status")),
            clock,
            cancel
        );

    private async Task<JsonElement> GetAsync(string job, CancellationToken cancel)
    {
        var answer = await connection.GetAsync(Plane.Admin, $"/jobs/{Uri.EscapeDataString(job)}", cancel);
        return answer.Object("job") ?? answer;
    }
}
