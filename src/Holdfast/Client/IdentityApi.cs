using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Client;

/// <summary>A user, project or access key: its id, its name, and the whole of it.</summary>
internal sealed record NamedItem(string Id, string Name, bool Enabled, JsonElement Raw)
{
    public static NamedItem Read(JsonElement json) => new(json.Required("id"), json.Text("name") ?? "", json.Flag("enabled") ?? true, json);
}

/// <summary>The identity service: users, projects, roles, access keys, tokens.</summary>
internal sealed class IdentityApi(ApiConnection connection)
{
    private const string Keys = ".0/OS-CREDENTIAL/credentials";

    public Task<IReadOnlyList<NamedItem>> ListUsersAsync(CancellationToken cancel) => ListAsync("users", cancel);

    public Task<IReadOnlyList<NamedItem>> ListProjectsAsync(CancellationToken cancel) => ListAsync("projects", cancel);

    public async Task<NamedItem> FindUserAsync(string nameOrId, CancellationToken cancel) => Pick("user", nameOrId, await ListUsersAsync(cancel));

    public async Task<NamedItem> FindProjectAsync(string nameOrId, CancellationToken cancel) => Pick("project", nameOrId, await ListProjectsAsync(cancel));

    /// <param name="kind"><c>user</c> or <c>project</c>.</param>
    public async Task<NamedItem> CreateAsync(string kind, JsonObject members, CancellationToken cancel) =>
        NamedItem.Read((await SendAsync(HttpMethod.Post, $"/{kind}s", new JsonObject { [kind] = members }, cancel)).Object(kind) ?? default);

    public Task UpdateAsync(string kind, string id, JsonObject members, CancellationToken cancel) => SendAsync(HttpMethod.Patch, $"/{kind}s/{id}", new JsonObject { [kind] = members }, cancel);

    public Task DeleteAsync(string kind, string id, CancellationToken cancel) => SendAsync(HttpMethod.Delete, $"/{kind}s/{id}", null, cancel);

    public Task GrantAsync(string userId, string projectId, string role, CancellationToken cancel) => SendAsync(HttpMethod.Put, $"/projects/{projectId}/users/{userId}/roles/{role}", null, cancel);

    public Task RevokeAsync(string userId, string projectId, string role, CancellationToken cancel) => SendAsync(HttpMethod.Delete, $"/projects/{projectId}/users/{userId}/roles/{role}", null, cancel);

    public async Task<IReadOnlyList<JsonElement>> AssignmentsAsync(CancellationToken cancel) => [.. (await SendAsync(HttpMethod.Get, "/role_assignments?include_names=true", null, cancel)).Elements("role_assignments")];

    /// <summary>The whole of it, with the secret.</summary>
    public async Task<JsonElement> CreateKeyAsync(string? userId, string? description, CancellationToken cancel) =>
        (await SendAsync(HttpMethod.Post, Keys, new JsonObject { ["credential"] = new JsonObject { ["user_id"] = userId, ["description"] = description } }, cancel)).Object("credential") ?? default;

    public async Task<IReadOnlyList<JsonElement>> ListKeysAsync(string? userId, CancellationToken cancel) => [.. (await SendAsync(HttpMethod.Get, userId is null ? Keys : $"{Keys}?user_id={userId}", null, cancel)).Elements("credentials")];

    public Task DeleteKeyAsync(string access, CancellationToken cancel) => SendAsync(HttpMethod.Delete, $"{Keys}/{Uri.EscapeDataString(access)}", null, cancel);

    public Task ChangeOwnPasswordAsync(string userId, string original, string password, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, $"/users/{userId}/password", new JsonObject { ["user"] = new JsonObject { ["original_password"] = original, ["password"] = password } }, cancel);

    private async Task<IReadOnlyList<NamedItem>> ListAsync(string kind, CancellationToken cancel) => [.. (await SendAsync(HttpMethod.Get, $"/{kind}", null, cancel)).Elements(kind).Select(NamedItem.Read)];

    private Task<JsonElement> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel) => connection.SendAsync(method, Plane.Identity, path, body, cancel);

    private static NamedItem Pick(string kind, string nameOrId, IReadOnlyList<NamedItem> list) => HoldfastApi.Pick(kind, nameOrId, list, item => item.Id, item => item.Name);
}
