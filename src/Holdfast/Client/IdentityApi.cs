using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Running;

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

    /// <summary>The projects that the caller has a role in, an admin too.</summary>
    public async Task<IReadOnlyList<NamedItem>> OwnProjectsAsync(CancellationToken cancel) =>
        [.. (await GetAsync("/auth/projects", cancel)).Elements("projects").Select(NamedItem.Read)];

    public async Task<IReadOnlyList<NamedItem>> ProjectsOfUserAsync(string userId, CancellationToken cancel) =>
        [.. (await GetAsync($"/users/{userId}/projects", cancel)).Elements("projects").Select(NamedItem.Read)];

    public async Task<IReadOnlyList<NamedItem>> ListRolesAsync(CancellationToken cancel) => await ListAsync("roles", cancel);

    public async Task<IReadOnlyList<JsonElement>> CatalogAsync(CancellationToken cancel) =>
        [.. (await GetAsync("/auth/catalog", cancel)).Elements("catalog")];

    /// <summary>Oneself is asked for by id: only admins may list users.</summary>
    public async Task<NamedItem> FindUserAsync(string nameOrId, CancellationToken cancel)
    {
        var own = (await connection.SessionAsync(cancel)).UserId;
        return own.Length > 0 && (nameOrId == own || nameOrId == connection.Settings.User)
            ? NamedItem.Read((await GetAsync($"/users/{own}", cancel)).Object("user") ?? default)
            : Pick("user", nameOrId, await ListUsersAsync(cancel));
    }

    /// <summary>Ids of projects to share with: by a name or id that the caller may see, else by an id, for others' projects are not
    /// shown.</summary>
    public async Task<IReadOnlyList<string>> ResolveProjectsAsync(IEnumerable<string> namesOrIds, CancellationToken cancel)
    {
        var ids = new List<string>();
        IReadOnlyList<NamedItem>? visible = null;
        foreach (var text in namesOrIds)
        {
            ids.Add(IsProjectId(text) ? text : Named(text, visible ??= await VisibleProjectsAsync(cancel)));
        }

        return ids;
    }

    public async Task<NamedItem> FindProjectAsync(string nameOrId, CancellationToken cancel) =>
        Pick("project", nameOrId, await ListProjectsAsync(cancel));

    public async Task<NamedItem> CreateUserAsync(UserMembers members, CancellationToken cancel) =>
        Made("user", await SendAsync(HttpMethod.Post, "/users", new UserRequest(members), ClientJson.Default.UserRequest, cancel));

    public Task UpdateUserAsync(string id, UserMembers members, CancellationToken cancel) =>
        SendAsync(HttpMethod.Patch, $"/users/{id}", new UserRequest(members), ClientJson.Default.UserRequest, cancel);

    public async Task<NamedItem> CreateProjectAsync(ProjectMembers members, CancellationToken cancel) =>
        Made(
            "project",
            await SendAsync(HttpMethod.Post, "/projects", new ProjectRequest(members), ClientJson.Default.ProjectRequest, cancel)
        );

    public Task UpdateProjectAsync(string id, ProjectMembers members, CancellationToken cancel) =>
        SendAsync(HttpMethod.Patch, $"/projects/{id}", new ProjectRequest(members), ClientJson.Default.ProjectRequest, cancel);

    /// <param name="kind"><c>user</c> or <c>project</c>.</param>
    public Task DeleteAsync(string kind, string id, CancellationToken cancel) =>
        SendAsync(HttpMethod.Delete, $"/{kind}s/{id}", cancel);

    public Task GrantAsync(string userId, string projectId, string role, CancellationToken cancel) =>
        SendAsync(HttpMethod.Put, $"/projects/{projectId}/users/{userId}/roles/{role}", cancel);

    public Task RevokeAsync(string userId, string projectId, string role, CancellationToken cancel) =>
        SendAsync(HttpMethod.Delete, $"/projects/{projectId}/users/{userId}/roles/{role}", cancel);

    /// <summary>All of them, or those in a project, of a role, or both.</summary>
    public async Task<IReadOnlyList<JsonElement>> AssignmentsAsync(string? projectId, string? role, CancellationToken cancel) =>
        [
            .. (
                await GetAsync(
                    $"/role_assignments{Listing.Query(("include_names", "true"), ("scope.project.id", projectId), ("role.id", role))}",
                    cancel
                )
            ).Elements("role_assignments"),
        ];

    /// <summary>The whole of it, with the secret.</summary>
    public async Task<JsonElement> CreateKeyAsync(string? userId, string? description, CancellationToken cancel) =>
        (
            await SendAsync(
                HttpMethod.Post,
                Keys,
                new KeyRequest(new KeyMembers(userId, description)),
                ClientJson.Default.KeyRequest,
                cancel
            )
        ).Object("credential") ?? default;

    public async Task<IReadOnlyList<JsonElement>> ListKeysAsync(string? userId, CancellationToken cancel) =>
        [.. (await SendAsync(HttpMethod.Get, userId is null ? Keys : $"{Keys}?user_id={userId}", cancel)).Elements("credentials")];

    public async Task<JsonElement> GetKeyAsync(string access, CancellationToken cancel) =>
        (await GetAsync($"{Keys}/{Uri.EscapeDataString(access)}", cancel)).Object("credential") ?? default;

    public Task DeleteKeyAsync(string access, CancellationToken cancel) =>
        SendAsync(HttpMethod.Delete, $"{Keys}/{Uri.EscapeDataString(access)}", cancel);

    public Task ChangeOwnPasswordAsync(string userId, string original, string password, CancellationToken cancel) =>
        SendAsync(
            HttpMethod.Post,
            $"/users/{userId}/password",
            new UserRequest(new UserMembers { OriginalPassword = original, Password = password }),
            ClientJson.Default.UserRequest,
            cancel
        );

    /// <summary>32 hexadecimal digits, as Keystone's ids and ours are.</summary>
    private static bool IsProjectId(string text) => Guid.TryParseExact(text, "N", out _);

    private static string Named(string text, IReadOnlyList<NamedItem> visible) =>
        visible.Any(project => project.Id == text || project.Name == text)
            ? Pick("project", text, visible).Id
            : throw new VerbFailedException(
                $"there is no project '{text}' among those that you may see, and an id has 32 hexadecimal digits. Ask its owner for the "
                    + $"id ('holdfast project show {text}' there)."
            );

    // Some may list no projects but their own.
    private async Task<IReadOnlyList<NamedItem>> VisibleProjectsAsync(CancellationToken cancel)
    {
        var own = await OwnProjectsAsync(cancel);
        try
        {
            return [.. own.Concat(await ListProjectsAsync(cancel)).DistinctBy(project => project.Id)];
        }
        catch (ApiRefusedException e) when (e.Status == 403)
        {
            return own;
        }
    }

    private async Task<IReadOnlyList<NamedItem>> ListAsync(string kind, CancellationToken cancel) =>
        [.. (await GetAsync($"/{kind}", cancel)).Elements(kind).Select(NamedItem.Read)];

    private Task<JsonElement> GetAsync(string path, CancellationToken cancel) => connection.GetAsync(Plane.Identity, path, cancel);

    private Task<JsonElement> SendAsync(HttpMethod method, string path, CancellationToken cancel) =>
        connection.SendAsync(method, Plane.Identity, path, cancel);

    private Task<JsonElement> SendAsync<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type, CancellationToken cancel) =>
        connection.SendAsync(method, Plane.Identity, path, body, type, cancel);

    private static NamedItem Made(string kind, JsonElement answer) => NamedItem.Read(answer.Object(kind) ?? default);

    private static NamedItem Pick(string kind, string nameOrId, IReadOnlyList<NamedItem> list) =>
        HoldfastApi.Pick(kind, nameOrId, list, item => item.Id, item => item.Name);
}
