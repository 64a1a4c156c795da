using System.Text.Json;

namespace Holdfast.Client;

/// <summary>Who is told what goes wrong; role admin.</summary>
internal sealed class NotifyApi(ApiConnection connection)
{
    private const string Targets = "/notify/targets";
    private const string Rules = "/notify/rules";

    public async Task<IReadOnlyList<NotifyTargetItem>> ListTargetsAsync(CancellationToken cancel) =>
        [.. (await connection.GetAsync(Plane.Admin, Targets, cancel)).Elements("targets").Select(NotifyTargetItem.Read)];

    public async Task<NotifyTargetItem> FindTargetAsync(string nameOrId, CancellationToken cancel) =>
        HoldfastApi.Pick("notify target", nameOrId, await ListTargetsAsync(cancel), one => one.Id, one => one.Name);

    /// <returns>The whole answer: <c>target</c>, and <c>secret</c> where one was made up.</returns>
    public Task<JsonElement> AddTargetAsync(NotifyTargetRequest target, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Post, Plane.Admin, Targets, target, ClientJson.Default.NotifyTargetRequest, cancel);

    public Task RemoveTargetAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Admin, $"{Targets}/{Uri.EscapeDataString(id)}", cancel);

    /// <summary>Sends a message now; returns what became of it.</summary>
    public Task<JsonElement> TestAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Post, Plane.Admin, $"{Targets}/{Uri.EscapeDataString(id)}/test", cancel);

    public async Task<IReadOnlyList<JsonElement>> ListRulesAsync(CancellationToken cancel) =>
        [.. (await connection.GetAsync(Plane.Admin, Rules, cancel)).Elements("rules")];

    public async Task<JsonElement> AddRuleAsync(NotifyRuleRequest rule, CancellationToken cancel)
    {
        var answer = await connection.SendAsync(
            HttpMethod.Post,
            Plane.Admin,
            Rules,
            rule,
            ClientJson.Default.NotifyRuleRequest,
            cancel
        );
        return answer.Object("rule") ?? answer;
    }

    public Task RemoveRuleAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Admin, $"{Rules}/{Uri.EscapeDataString(id)}", cancel);

    /// <summary>The last ones first.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListDeliveriesAsync(string? targetId, int? limit, CancellationToken cancel)
    {
        var query = Listing.Query(("target_id", targetId), ("limit", limit?.ToString()));
        return [.. (await connection.GetAsync(Plane.Admin, $"/notify/deliveries{query}", cancel)).Elements("deliveries")];
    }
}

/// <param name="Secret">Null where the service makes one up, and of mail.</param>
internal sealed record NotifyTargetRequest(string Name, string Kind, string? Url, IReadOnlyList<string>? Recipients, string? Secret);

/// <param name="Events">Null for the usual ones.</param>
internal sealed record NotifyRuleRequest(string TargetId, IReadOnlyList<string>? Events, string? LeastSeverity);

/// <summary>A target as the service tells it; <see cref="Raw"/> is the whole of it.</summary>
internal sealed record NotifyTargetItem(string Id, string Name, string Kind, string Address, JsonElement Raw)
{
    public static NotifyTargetItem Read(JsonElement json) =>
        new(
            json.Required("id"),
            json.Text("name") ?? "",
            json.Text("kind") ?? "",
            json.Text("url") ?? string.Join(", ", json.Elements("recipients").Select(one => one.GetString())),
            json
        );
}
