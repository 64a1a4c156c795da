using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

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
        IReadOnlyList<TagRequest> tags,
        bool full,
        CancellationToken cancel
    )
    {
        var backup = new BackupMembers
        {
            VolumeId = volumeId,
            Name = name,
            Description = description,
            Tags = tags,
            ExtendParam = new BackupExtension(full ? "true" : "false"),
        };
        return (
            await SendAsync(
                HttpMethod.Post,
                Plane.Vbs,
                "/cloudbackups",
                new BackupRequest(backup),
                ClientJson.Default.BackupRequest,
                cancel
            )
        ).Required("job_id");
    }

    /// <summary>Replaces what a volume holds by a backup; returns the id of the job.</summary>
    public async Task<string> RestoreOverAsync(string backupId, string volumeId, CancellationToken cancel) =>
        (
            await connection.SendAsync(
                HttpMethod.Post,
                Plane.Vbs,
                $"/cloudbackups/{Escape(backupId)}/restore",
                new RestoreOverRequest(new RestoreOverMembers(volumeId)),
                ClientJson.Default.RestoreOverRequest,
                cancel
            )
        ).Required("job_id");

    /// <summary>Makes a volume: empty, or from a backup, own or shared. <paramref name="gib"/> null is the backup's size.</summary>
    public Task<VolumeItem> CreateVolumeAsync(
        string name,
        int? gib,
        string? description,
        IReadOnlyDictionary<string, string>? properties,
        string? backupId,
        CancellationToken cancel
    )
    {
        var volume = new VolumeMembers
        {
            Name = name,
            Size = gib,
            Description = description,
            Metadata = properties,
            BackupId = backupId,
        };
        return SendVolumeAsync(HttpMethod.Post, "/volumes", volume, cancel);
    }

    /// <param name="properties">All that the volume has from then on; null leaves them as they are.</param>
    /// <param name="acceptDevice">Its device is what it is now, whatever was registered.</param>
    public Task<VolumeItem> UpdateVolumeAsync(
        string id,
        string? name,
        string? description,
        IReadOnlyDictionary<string, string>? properties,
        bool acceptDevice,
        CancellationToken cancel
    )
    {
        var volume = new VolumeMembers
        {
            Name = name,
            Description = description,
            Metadata = properties,
            AcceptDevice = acceptDevice ? true : null,
        };
        return SendVolumeAsync(HttpMethod.Put, $"/volumes/{id}", volume, cancel);
    }

    /// <summary>Changes what a backup is called and described by; null leaves it as it is.</summary>
    public Task UpdateBackupAsync(string id, string? name, string? description, CancellationToken cancel) =>
        SendAsync(
            HttpMethod.Put,
            Plane.Volume,
            $"/backups/{Escape(id)}",
            new BackupRequest(new BackupMembers { Name = name, Description = description }),
            ClientJson.Default.BackupRequest,
            cancel
        );

    public async Task<VolumeItem> GetVolumeAsync(string id, CancellationToken cancel) =>
        Volume(await connection.GetAsync(Plane.Volume, $"/volumes/{Escape(id)}", cancel));

    public Task DeleteVolumeAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Volume, $"/volumes/{id}", cancel);

    /// <param name="gib">More than the volume has.</param>
    public Task ExtendVolumeAsync(string id, int gib, CancellationToken cancel) =>
        SendAsync(
            HttpMethod.Post,
            Plane.Volume,
            $"/volumes/{id}/action",
            new ExtendRequest(new ExtendMembers(gib)),
            ClientJson.Default.ExtendRequest,
            cancel
        );

    /// <param name="kind"><c>volumes</c> or <c>backups</c>.</param>
    /// <param name="status"><c>available</c> or <c>error</c>.</param>
    public Task ResetStatusAsync(string kind, string id, string status, CancellationToken cancel) =>
        SendAsync(
            HttpMethod.Post,
            Plane.Volume,
            $"/{kind}/{Escape(id)}/action",
            new StatusRequest(new StatusMembers(status)),
            ClientJson.Default.StatusRequest,
            cancel
        );

    /// <summary>What another service needs to know of a backup to have it, too.</summary>
    public async Task<RecordRequest> ExportRecordAsync(string id, CancellationToken cancel)
    {
        var answer = await connection.GetAsync(Plane.Volume, $"/backups/{Escape(id)}/export_record", cancel);
        var record = answer.Object("backup-record") ?? answer;
        return new RecordRequest(new RecordMembers(record.Required("backup_service"), record.Required("backup_url")));
    }

    /// <summary>Returns the backup as the service then has it.</summary>
    public async Task<BackupItem> ImportRecordAsync(RecordRequest record, CancellationToken cancel)
    {
        var answer = await SendAsync(
            HttpMethod.Post,
            Plane.Volume,
            "/backups/import_record",
            record,
            ClientJson.Default.RecordRequest,
            cancel
        );
        return BackupItem.Read(answer.Object("backup") ?? answer);
    }

    public async Task<IReadOnlyList<JsonElement>> ShareAsync(string backupId, IReadOnlyList<string> projectIds, CancellationToken cancel) =>
        [
            .. (
                await SendAsync(
                    HttpMethod.Post,
                    Plane.Vbs,
                    "/os-vendor-backup-sharing",
                    new ShareRequest(new ShareMembers(backupId, projectIds)),
                    ClientJson.Default.ShareRequest,
                    cancel
                )
            ).Elements("shared"),
        ];

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
            cancel
        );

    /// <summary>What the project has and may have, of each kind.</summary>
    public async Task<JsonElement> GetQuotaAsync(CancellationToken cancel)
    {
        var project = (await connection.SessionAsync(cancel)).ProjectId;
        return await connection.GetAsync(Plane.Volume, $"/os-quota-sets/{project}/detail", cancel);
    }

    /// <summary>Sets what the project may have, and returns all it has and may have then.</summary>
    public async Task<JsonElement> SetQuotaAsync(QuotaMembers quota, CancellationToken cancel)
    {
        var project = (await connection.SessionAsync(cancel)).ProjectId;
        await SendAsync(
            HttpMethod.Put,
            Plane.Volume,
            $"/os-quota-sets/{project}",
            new QuotaRequest(quota),
            ClientJson.Default.QuotaRequest,
            cancel
        );
        return await GetQuotaAsync(cancel);
    }

    public Task<JsonElement> GetLimitsAsync(CancellationToken cancel) => connection.GetAsync(Plane.Admin, "/limits", cancel);

    public Task<JsonElement> SetLimitsAsync(LimitsRequest limits, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Put, Plane.Admin, "/limits", limits, ClientJson.Default.LimitsRequest, cancel);

    public async Task<IReadOnlyList<JsonElement>> ListTagsAsync(string? policyId, CancellationToken cancel) =>
        [
            .. (
                await connection.GetAsync(Plane.Vbs, policyId is null ? "/backuppolicy/tags" : $"/backuppolicy/{policyId}/tags", cancel)
            ).Elements("tags"),
        ];

    /// <param name="action"><c>create</c> or <c>delete</c>.</param>
    public Task ChangeTagsAsync(string policyId, string action, IReadOnlyList<TagRequest> tags, CancellationToken cancel) =>
        connection.SendAsync(
            HttpMethod.Post,
            Plane.Vbs,
            $"/backuppolicy/{policyId}/tags/action",
            new TagsRequest(action, tags),
            ClientJson.Default.TagsRequest,
            cancel
        );

    /// <summary>Ids of the policies that a question by tags and name finds.</summary>
    public async Task<IReadOnlySet<string>> FindPoliciesAsync(PoliciesRequest question, CancellationToken cancel) =>
        (await AskForPoliciesAsync(question, cancel)).Elements("resources").Select(found => found.Required("resource_id")).ToHashSet();

    public async Task<long> CountPoliciesAsync(PoliciesRequest question, CancellationToken cancel) =>
        (await AskForPoliciesAsync(question, cancel)).Number("total_count") ?? 0;

    /// <summary>What the repository holds, as <c>/admin</c> says it.</summary>
    public Task<JsonElement> GetRepositoryAsync(CancellationToken cancel) => connection.GetAsync(Plane.Admin, "/repository", cancel);

    private Task<JsonElement> AskForPoliciesAsync(PoliciesRequest question, CancellationToken cancel) =>
        SendAsync(
            HttpMethod.Post,
            Plane.Vbs,
            "/backuppolicy/resource_instances/action",
            question,
            ClientJson.Default.PoliciesRequest,
            cancel
        );

    private async Task<VolumeItem> SendVolumeAsync(HttpMethod method, string path, VolumeMembers volume, CancellationToken cancel) =>
        Volume(await SendAsync(method, Plane.Volume, path, new VolumeRequest(volume), ClientJson.Default.VolumeRequest, cancel));

    private Task<JsonElement> SendAsync<T>(
        HttpMethod method,
        Plane plane,
        string path,
        T body,
        JsonTypeInfo<T> type,
        CancellationToken cancel
    ) => connection.SendAsync(method, plane, path, body, type, cancel);

    private static VolumeItem Volume(JsonElement answer) => VolumeItem.Read(answer.Object("volume") ?? answer);

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
