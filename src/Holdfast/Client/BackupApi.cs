using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Client;

/// <summary>Backups by hand, shares, quotas, tags, and volumes that the service makes.</summary>
internal sealed class BackupApi(ApiConnection connection)
{
    private const int SharesAtOnce = 1000;

    /// <summary>Orders a backup; returns the id of its job.</summary>
    public async Task<string> CreateAsync(
        string volumeId,
        string name,
        string? description,
        IEnumerable<(string Key, string Value)> tags,
        bool full,
        CancellationToken cancel
    )
    {
        var backup = new JsonObject
        {
            ["volume_id"] = volumeId,
            ["name"] = name,
            ["description"] = description,
            ["tags"] = Tags(tags),
            ["extend_param"] = new JsonObject { ["FullBackup"] = full ? "true" : "false" },
        };
        return (
            await connection.SendAsync(HttpMethod.Post, Plane.Vbs, "/cloudbackups", new JsonObject { ["backup"] = backup }, cancel)
        ).Required("job_id");
    }

    /// <summary>Replaces what a volume holds by a backup; returns the id of the job.</summary>
    public async Task<string> RestoreOverAsync(string backupId, string volumeId, CancellationToken cancel) =>
        (
            await connection.SendAsync(
                HttpMethod.Post,
                Plane.Vbs,
                $"/cloudbackups/{Escape(backupId)}/restore",
                new JsonObject { ["restore"] = new JsonObject { ["volume_id"] = volumeId } },
                cancel
            )
        ).Required("job_id");

    /// <summary>Makes a volume: empty, or from a backup, own or shared. <paramref name="gib"/> null is the backup's size.</summary>
    public async Task<VolumeItem> CreateVolumeAsync(
        string name,
        int? gib,
        string? description,
        JsonObject? properties,
        string? backupId,
        CancellationToken cancel
    )
    {
        var volume = new JsonObject
        {
            ["name"] = name,
            ["size"] = gib,
            ["description"] = description,
            ["metadata"] = properties,
            ["backup_id"] = backupId,
        };
        return Volume(
            await connection.SendAsync(HttpMethod.Post, Plane.Volume, "/volumes", new JsonObject { ["volume"] = volume }, cancel)
        );
    }

    /// <param name="properties">All that the volume has from then on; null leaves them as they are.</param>
    /// <param name="acceptDevice">Its device is what it is now, whatever was registered.</param>
    public async Task<VolumeItem> UpdateVolumeAsync(
        string id,
        string? name,
        string? description,
        JsonObject? properties,
        bool acceptDevice,
        CancellationToken cancel
    )
    {
        var volume = new JsonObject
        {
            ["name"] = name,
            ["description"] = description,
            ["metadata"] = properties,
        };
        if (acceptDevice)
        {
            volume["holdfast:accept_device"] = true;
        }

        var body = new JsonObject { ["volume"] = volume };
        return Volume(await connection.SendAsync(HttpMethod.Put, Plane.Volume, $"/volumes/{id}", body, cancel));
    }

    /// <summary>Changes what a backup is called and described by; null leaves it as it is.</summary>
    public Task UpdateBackupAsync(string id, string? name, string? description, CancellationToken cancel)
    {
        var backup = new JsonObject();
        foreach (var (member, value) in (ReadOnlySpan<(string, string?)>)[("name", name), ("description", description)])
        {
            if (value is not null)
            {
                backup[member] = value;
            }
        }

        return connection.SendAsync(HttpMethod.Put, Plane.Volume, $"/backups/{Escape(id)}", new JsonObject { ["backup"] = backup }, cancel);
    }

    public async Task<VolumeItem> GetVolumeAsync(string id, CancellationToken cancel) =>
        Volume(await connection.GetAsync(Plane.Volume, $"/volumes/{Escape(id)}", cancel));

    public Task DeleteVolumeAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Volume, $"/volumes/{id}", body: null, cancel);

    public async Task<IReadOnlyList<JsonElement>> ShareAsync(string backupId, IEnumerable<string> projectIds, CancellationToken cancel)
    {
        var shared = new JsonObject
        {
            ["backup_id"] = backupId,
            ["to_project_ids"] = new JsonArray([.. projectIds.Select(id => (JsonNode)id)]),
        };
        return
        [
            .. (
                await connection.SendAsync(
                    HttpMethod.Post,
                    Plane.Vbs,
                    "/os-vendor-backup-sharing",
                    new JsonObject { ["shared"] = shared },
                    cancel
                )
            ).Elements("shared"),
        ];
    }

    /// <summary>All of them where no limit is given. This list knows no markers: further pages are found by their offset.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListSharesAsync(ListRequest request, CancellationToken cancel)
    {
        var all = new List<JsonElement>();
        while (true)
        {
            var size = Math.Min(SharesAtOnce, (request.Limit ?? int.MaxValue) - all.Count);
            var query = Listing.Query([
                .. request.Filters,
                ("sort", request.Sort),
                ("limit", $"{size}"),
                ("offset", $"{(request.Offset ?? 0) + all.Count}"),
            ]);
            var page = (await connection.GetAsync(Plane.Vbs, $"/os-vendor-backup-sharing/detail{query}", cancel))
                .Elements("shared")
                .ToList();
            all.AddRange(page);
            if (page.Count < size || all.Count >= request.Limit)
            {
                return all;
            }
        }
    }

    public async Task<long> CountSharesAsync(ListRequest request, CancellationToken cancel) =>
        (await connection.GetAsync(Plane.Vbs, $"/os-vendor-backup-sharing/count{Listing.Query([.. request.Filters])}", cancel)).Number(
            "count"
        ) ?? 0;

    public async Task<JsonElement> GetShareAsync(string id, CancellationToken cancel) =>
        (await connection.GetAsync(Plane.Vbs, $"/os-vendor-backup-sharing/{Escape(id)}", cancel)).Object("shared") ?? default;

    /// <param name="ofBackup">The id is a backup's, all of whose sharings end.</param>
    public Task CancelShareAsync(string id, bool ofBackup, CancellationToken cancel) =>
        connection.SendAsync(
            HttpMethod.Delete,
            Plane.Vbs,
            $"/os-vendor-backup-sharing/{Escape(id)}{(ofBackup ? "?is_backup_id=true" : "")}",
            body: null,
            cancel
        );

    public Task<JsonElement> GetQuotaAsync(CancellationToken cancel) => connection.GetAsync(Plane.Vbs, "/cloudbackups/quota", cancel);

    public Task<JsonElement> SetQuotaAsync(long? backups, long? gigabytes, CancellationToken cancel) =>
        connection.SendAsync(
            HttpMethod.Put,
            Plane.Admin,
            "/quota",
            new JsonObject { ["backups"] = backups, ["backup_gigabytes"] = gigabytes },
            cancel
        );

    public async Task<IReadOnlyList<JsonElement>> ListTagsAsync(string? policyId, CancellationToken cancel) =>
        [
            .. (
                await connection.GetAsync(Plane.Vbs, policyId is null ? "/backuppolicy/tags" : $"/backuppolicy/{policyId}/tags", cancel)
            ).Elements("tags"),
        ];

    /// <param name="action"><c>create</c> or <c>delete</c>.</param>
    public Task ChangeTagsAsync(string policyId, string action, JsonArray tags, CancellationToken cancel) =>
        connection.SendAsync(
            HttpMethod.Post,
            Plane.Vbs,
            $"/backuppolicy/{policyId}/tags/action",
            new JsonObject { ["action"] = action, ["tags"] = tags },
            cancel
        );

    /// <summary>Ids of the policies that a question by tags and name finds.</summary>
    public async Task<IReadOnlySet<string>> FindPoliciesAsync(JsonObject question, CancellationToken cancel) =>
        (await AskForPoliciesAsync(question, cancel)).Elements("resources").Select(found => found.Required("resource_id")).ToHashSet();

    public async Task<long> CountPoliciesAsync(JsonObject question, CancellationToken cancel) =>
        (await AskForPoliciesAsync(question, cancel)).Number("total_count") ?? 0;

    /// <summary>What the repository holds, as <c>/admin</c> says it.</summary>
    public Task<JsonElement> GetRepositoryAsync(CancellationToken cancel) => connection.GetAsync(Plane.Admin, "/repository", cancel);

    public static JsonArray Tags(IEnumerable<(string Key, string Value)> tags) =>
        new([.. tags.Select(tag => (JsonNode)new JsonObject { ["key"] = tag.Key, ["value"] = tag.Value })]);

    private Task<JsonElement> AskForPoliciesAsync(JsonObject question, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Post, Plane.Vbs, "/backuppolicy/resource_instances/action", question, cancel);

    private static VolumeItem Volume(JsonElement answer) => VolumeItem.Read(answer.Object("volume") ?? answer);

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
