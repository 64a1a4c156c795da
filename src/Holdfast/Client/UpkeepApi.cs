using System.Text.Json;

namespace Holdfast.Client;

/// <summary>Upkeep of the service's repository by hand; role admin.</summary>
internal sealed class UpkeepApi(ApiConnection connection)
{
    /// <summary>What a run of prune would find and free now.</summary>
    public Task<JsonElement> LookAtPruneAsync(CancellationToken cancel) => connection.GetAsync(Plane.Admin, "/repository/prune", cancel);

    /// <summary>Orders a run; returns the id of its job, or of the one that is open.</summary>
    /// <param name="kind"><c>prune</c>, <c>check</c> or <c>copy</c>.</param>
    public async Task<string> OrderAsync(string kind, CancellationToken cancel) =>
        (await connection.SendAsync(HttpMethod.Post, Plane.Admin, $"/repository/{kind}", cancel)).Required("job_id");

    public static bool HasEnded(JsonElement run) => run.Required("status") is "SUCCESS" or "FAIL";

    /// <summary>Stops a job; returns how it is then.</summary>
    public async Task<JsonElement> CancelAsync(string job, CancellationToken cancel) =>
        (await connection.SendAsync(HttpMethod.Post, Plane.Admin, $"/jobs/{Uri.EscapeDataString(job)}/cancel", cancel)).Object("job")
        ?? default;

    /// <summary>A job as an operator sees it.</summary>
    public async Task<JsonElement> GetAsync(string job, CancellationToken cancel)
    {
        var answer = await connection.GetAsync(Plane.Admin, $"/jobs/{Uri.EscapeDataString(job)}", cancel);
        return answer.Object("job") ?? answer;
    }
}
