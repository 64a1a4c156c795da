using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Client;

/// <summary>Backups by hand, shares, quotas, tags, and volumes that the service makes.</summary>
internal sealed class BackupApi(ApiConnection connection)
{
    /// <summary>Orders a backup; returns the id of its job.</summary>
    public async Task<string> CreateAsync(string volumeId, string name, string? description, IEnumerable<(string Key, string Value)> tags, bool full, CancellationToken cancel)
    {
        var backup = new JsonObject { ["volume_id"] = volumeId, ["name"] = name, ["description"] = description, ["tags"] = Tags(tags), ["extend_param"] = new JsonObject { ["FullBackup"] = full ? "true" : "false" } };
        return (await connection.SendAsync(HttpMethod.Post, Plane.Vbs, "/cloudbackups", new JsonObject { ["backup"] = backup }, cancel)).Required("job_id");
    }

    /// <summary>Replaces what a volume holds by a backup; returns the id of the job.</summary>
    public async Task<string> RestoreOverAsync(string backupId, string volumeId, CancellationToken cancel) =>
        (await connection.SendAsync(HttpMethod.Post, Plane.Vbs, $"/cloudbackups/{Escape(backupId)}/restore", new JsonObject { ["restore"] = new JsonObject { ["volume_id"] = volumeId } }, cancel)).Required("job_id");

    /// <summary>Makes a volume: empty, or from a backup, own or shared. <paramref name="gib"/> null is the backup's size.</summary>
    public async Task<VolumeItem> CreateVolumeAsync(string name, int? gib, string? description, string? backupId, CancellationToken cancel)
    {
        var volume = new JsonObject { ["name"] = name, ["size"] = gib, ["description"] = description, ["backup_id"] = backupId };
        return Volume(await connection.SendAsync(HttpMethod.Post, Plane.Volume, "/volumes", new JsonObject { ["volume"] = volume }, cancel));
    }

    public async Task<VolumeItem> UpdateVolumeAsync(string id, string? name, string? description, CancellationToken cancel) =>
        Volume(await connection.SendAsync(HttpMethod.Put, Plane.Volume, $"/volumes/{id}", new JsonObject { ["volume"] = new JsonObject { ["name"] = name, ["description"] = description } }, cancel));

    public async Task<VolumeItem> GetVolumeAsync(string id, CancellationToken cancel) => Volume(await connection.GetAsync(Plane.Volume, $"/volumes/{Escape(id)}", cancel));

    public Task DeleteVolumeAsync(string id, CancellationToken cancel) => connection.SendAsync(HttpMethod.Delete, Plane.Volume, $"/volumes/{id}", body: null, cancel);

    public async Task<IReadOnlyList<JsonElement>> ShareAsync(string backupId, IEnumerable<string> projectIds, CancellationToken cancel)
    {
        var shared = new JsonObject { ["backup_id"] = backupId, ["to_project_ids"] = new JsonArray([.. projectIds.Select(id => (JsonNode)id)]) };
        return [.. (await connection.SendAsync(HttpMethod.Post, Plane.Vbs, "/os-vendor-backup-sharing", new JsonObject { ["shared"] = shared }, cancel)).Elements("shared")];
    }

    public async Task<IReadOnlyList<JsonElement>> ListSharesAsync(bool toMe, string? backupId, CancellationToken cancel) =>
        [.. (await connection.GetAsync(Plane.Vbs, $"/os-vendor-backup-sharing/detail?share_to_me={(toMe ? "true" : "false")}{(backupId is null ? "" : $"&backup_id={Escape(backupId)}")}", cancel)).Elements("shared")];

    public async Task<JsonElement> GetShareAsync(string id, CancellationToken cancel) => (await connection.GetAsync(Plane.Vbs, $"/os-vendor-backup-sharing/{Escape(id)}", cancel)).Object("shared") ?? default;

    /// <param name="ofBackup">The id is a backup's, all of whose sharings end.</param>
    public Task CancelShareAsync(string id, bool ofBackup, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Vbs, $"/os-vendor-backup-sharing/{Escape(id)}{(ofBackup ? "?is_backup_id=true" : "")}", body: null, cancel);

    public Task<JsonElement> GetQuotaAsync(CancellationToken cancel) => connection.GetAsync(Plane.Vbs, "/cloudbackups/quota", cancel);

    public Task<JsonElement> SetQuotaAsync(long? backups, long? gigabytes, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Put, Plane.Admin, "/quota", new JsonObject { ["backups"] = backups, ["backup_gigabytes"] = gigabytes }, cancel);

    public async Task<IReadOnlyList<JsonElement>> ListTagsAsync(string? policyId, CancellationToken cancel) =>
        [.. (await connection.GetAsync(Plane.Vbs, policyId is null ? "/backuppolicy/tags" : $"/backuppolicy/{policyId}/tags", cancel)).Elements("tags")];

    /// <param name="action"><c>create</c> or <c>delete</c>.</param>
    public Task ChangeTagsAsync(string policyId, string action, JsonArray tags, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Post, Plane.Vbs, $"/backuppolicy/{policyId}/tags/action", new JsonObject { ["action"] = action, ["tags"] = tags }, cancel);

    /// <summary>Ids of the policies that a question by tags and name finds.</summary>
    public async Task<IReadOnlySet<string>> FindPoliciesAsync(JsonObject question, CancellationToken cancel) =>
        (await connection.SendAsync(HttpMethod.Post, Plane.Vbs, "/backuppolicy/resource_instances/action", question, cancel)).Elements("resources").Select(found => found.Required("resource_id")).ToHashSet();

    public static JsonArray Tags(IEnumerable<(string Key, string Value)> tags) => new([.. tags.Select(tag => (JsonNode)new JsonObject { ["key"] = tag.Key, ["value"] = tag.Value })]);

    private static VolumeItem Volume(JsonElement answer) => VolumeItem.Read(answer.Object("volume") ?? answer);

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
