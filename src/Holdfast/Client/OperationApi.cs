using System.Text.Json;

namespace Holdfast.Client;

/// <summary>What an operator asks of a service: its jobs, and what was deleted.</summary>
internal sealed class OperationApi(ApiConnection connection)
{
    /// <param name="kind">Null for any.</param>
    public async Task<IReadOnlyList<JsonElement>> ListJobsAsync(string? kind, int limit, CancellationToken cancel) =>
        [
            .. (
                await connection.GetAsync(
                    Plane.Admin,
                    $"/jobs?limit={limit}{(kind is null ? "" : $"&kind={Uri.EscapeDataString(kind)}")}",
                    cancel
                )
            ).Elements("jobs"),
        ];

    /// <summary>A part of a job's log; any role for the project's own jobs.</summary>
    /// <param name="after">Number of the last line that was seen.</param>
    /// <param name="search">Null for all lines.</param>
    public Task<JsonElement> ReadJobLogAsync(string job, long after, string? search, CancellationToken cancel) =>
        connection.GetAsync(
            Plane.Admin,
            $"/jobs/{Uri.EscapeDataString(job)}/log?after={after}{(search is null ? "" : $"&search={Uri.EscapeDataString(search)}")}",
            cancel
        );

    /// <summary>Who changed what, the newest first; null for what does not matter.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAuditAsync(
        string? actor,
        string? action,
        string? project,
        long? before,
        int limit,
        CancellationToken cancel
    )
    {
        (string Name, string? Value)[] query = [("actor", actor), ("action", action), ("project", project), ("before", $"{before}")];
        var given = query
            .Where(one => !string.IsNullOrEmpty(one.Value))
            .Select(one => $"&{one.Name}={Uri.EscapeDataString(one.Value ?? "")}");
        return [.. (await connection.GetAsync(Plane.Admin, $"/audit?limit={limit}{string.Concat(given)}", cancel)).Elements("events")];
    }

    public Task<JsonElement> VerifyAuditAsync(CancellationToken cancel) => connection.GetAsync(Plane.Admin, "/audit/verify", cancel);

    /// <summary>Whether the project's volumes are protected; any role.</summary>
    public Task<JsonElement> GetStatusAsync(CancellationToken cancel) => connection.GetAsync(Plane.Admin, "/status", cancel);

    public async Task<IReadOnlyList<JsonElement>> ListDeletedAsync(CancellationToken cancel) =>
        [.. (await connection.GetAsync(Plane.Admin, "/deleted-backups", cancel)).Elements("backups")];

    /// <summary>The id of a deleted backup that is kept.</summary>
    public async Task<string> FindDeletedAsync(string nameOrId, CancellationToken cancel) =>
        Guid.TryParseExact(nameOrId, "D", out _)
            ? nameOrId
            : HoldfastApi
                .Pick(
                    HoldfastApi.DeletedBackup,
                    nameOrId,
                    [.. (await ListDeletedAsync(cancel)).Select(one => new Deleted(one.Required("id"), one.Text("name") ?? ""))],
                    one => one.Id,
                    one => one.Name
                )
                .Id;

    public Task UndeleteAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Post, Plane.Admin, $"/deleted-backups/{Uri.EscapeDataString(id)}/undelete", cancel);

    /// <summary>Removes a deleted backup before its time.</summary>
    public Task PurgeAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Admin, $"/deleted-backups/{Uri.EscapeDataString(id)}", cancel);

    private sealed record Deleted(string Id, string Name);
}
