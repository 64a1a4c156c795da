using System.Text.Json;
using Holdfast.Running;

namespace Holdfast.Client;

/// <summary>The service's operations, as the verbs use them.</summary>
internal sealed class HoldfastApi(ApiConnection connection) : IDisposable
{
    public ApiConnection Connection => connection;

    public BackupApi Backups { get; } = new(connection);

    public DrillApi Drills { get; } = new(connection);

    public NotifyApi Notify { get; } = new(connection);

    public UpkeepApi Upkeep { get; } = new(connection);

    public OperationApi Operations { get; } = new(connection);

    public IdentityApi Identity { get; } = new(connection);

    public Task<IReadOnlyList<VolumeItem>> ListVolumesAsync(CancellationToken cancel) => ListVolumesAsync(ListRequest.All, cancel);

    public Task<IReadOnlyList<VolumeItem>> ListVolumesAsync(ListRequest request, CancellationToken cancel) =>
        Listing.ByMarkerAsync(
            connection,
            "/volumes/detail",
            request,
            answer => answer.Elements("volumes").Select(VolumeItem.Read),
            volume => volume.Id,
            cancel
        );

    public Task<long> CountVolumesAsync(ListRequest request, CancellationToken cancel) =>
        Listing.CountAsync(connection, "/volumes", request, cancel);

    public async Task<VolumeItem> FindVolumeAsync(string nameOrId, CancellationToken cancel) =>
        Pick("volume", nameOrId, await ListVolumesAsync(cancel), volume => volume.Id, volume => volume.Name);

    public async Task<VolumeItem> AddVolumeAsync(string name, string source, CancellationToken cancel)
    {
        var volume = new VolumeMembers
        {
            Name = name,
            Host = "holdfast",
            Ref = new VolumeReference(source),
        };
        var answer = await connection.SendAsync(
            HttpMethod.Post,
            Plane.Volume,
            "/os-volume-manage",
            new VolumeRequest(volume),
            ClientJson.Default.VolumeRequest,
            cancel
        );
        return VolumeItem.Read(answer.Object("volume") ?? answer);
    }

    public Task RemoveVolumeAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(
            HttpMethod.Post,
            Plane.Volume,
            $"/volumes/{id}/action",
            new UnmanageRequest(),
            ClientJson.Default.UnmanageRequest,
            cancel
        );

    public async Task<IReadOnlyList<PolicyItem>> ListPoliciesAsync(CancellationToken cancel) =>
        [.. (await connection.GetAsync(Plane.Vbs, "/backuppolicy", cancel)).Elements("backup_policies").Select(PolicyItem.Read)];

    public async Task<PolicyItem> FindPolicyAsync(string nameOrId, CancellationToken cancel) =>
        Pick("policy", nameOrId, await ListPoliciesAsync(cancel), policy => policy.Id, policy => policy.Name);

    /// <summary>Returns the new policy's id.</summary>
    public async Task<string> CreatePolicyAsync(PolicyRequest body, CancellationToken cancel) =>
        (await connection.SendAsync(HttpMethod.Post, Plane.Vbs, "/backuppolicy", body, ClientJson.Default.PolicyRequest, cancel)).Required(
            "backup_policy_id"
        );

    public Task UpdatePolicyAsync(string id, PolicyRequest body, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Put, Plane.Vbs, $"/backuppolicy/{id}", body, ClientJson.Default.PolicyRequest, cancel);

    public Task DeletePolicyAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Vbs, $"/backuppolicy/{id}", cancel);

    public Task ExecutePolicyAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Post, Plane.Vbs, $"/backuppolicy/{id}/action", cancel);

    public Task<IReadOnlyList<LinkResult>> AssociateAsync(string policyId, IEnumerable<string> volumeIds, CancellationToken cancel) =>
        LinkAsync("/backuppolicyresources", volumeIds, policyId, cancel);

    public Task<IReadOnlyList<LinkResult>> DisassociateAsync(string policyId, IEnumerable<string> volumeIds, CancellationToken cancel) =>
        LinkAsync($"/backuppolicyresources/{policyId}/deleted_resources", volumeIds, policyId: null, cancel);

    public async Task<TaskPage> ListTasksAsync(string policyId, TaskFilter filter, CancellationToken cancel)
    {
        var query = Listing.Query(
            ("status", filter.Status),
            ("limit", filter.Limit?.ToString()),
            ("offset", filter.Offset?.ToString()),
            ("marker", filter.Marker),
            ("sort_dir", filter.SortDir),
            ("job_id", filter.TaskId)
        );
        var answer = await connection.GetAsync(Plane.Vbs, $"/backuppolicy/{policyId}/backuptasks{query}", cancel);
        return new TaskPage(answer.Number("count") ?? 0, [.. answer.Elements("tasks").Select(TaskItem.Read)], answer);
    }

    /// <summary>Newest first where nothing else is asked for.</summary>
    public Task<IReadOnlyList<BackupItem>> ListBackupsAsync(ListRequest request, CancellationToken cancel) =>
        Listing.ByMarkerAsync(
            connection,
            "/backups/detail",
            request,
            answer => answer.Elements("backups").Select(BackupItem.Read),
            backup => backup.Id,
            cancel
        );

    public Task<long> CountBackupsAsync(ListRequest request, CancellationToken cancel) =>
        Listing.CountAsync(connection, "/backups", request, cancel);

    /// <summary>What has the form of an id is one, of this project or shared with it; anything else is a name, which must be
    /// unique.</summary>
    public async Task<string> FindBackupAsync(string nameOrId, CancellationToken cancel) =>
        Guid.TryParseExact(nameOrId, "D", out _)
            ? nameOrId
            : Pick(
                "backup",
                nameOrId,
                await ListBackupsAsync(ListRequest.Where(("name", nameOrId)), cancel),
                backup => backup.Id,
                backup => backup.Name ?? ""
            ).Id;

    public async Task<BackupItem> GetBackupAsync(string id, CancellationToken cancel)
    {
        var answer = await connection.GetAsync(Plane.Volume, $"/backups/{Uri.EscapeDataString(id)}", cancel);
        return BackupItem.Read(answer.Object("backup") ?? answer);
    }

    public Task DeleteBackupAsync(string id, CancellationToken cancel) =>
        connection.SendAsync(HttpMethod.Delete, Plane.Volume, $"/backups/{Uri.EscapeDataString(id)}", cancel);

    /// <summary>Returns the id of the job that restores.</summary>
    public async Task<string> RestoreAsync(string backupId, string target, bool overwrite, CancellationToken cancel) =>
        (
            await connection.SendAsync(
                HttpMethod.Post,
                Plane.Admin,
                $"/backups/{Uri.EscapeDataString(backupId)}/restore",
                new RestoreRequest(target, overwrite),
                ClientJson.Default.RestoreRequest,
                cancel
            )
        ).Required("job_id");

    public async Task<JobItem> GetJobAsync(string id, CancellationToken cancel) =>
        JobItem.Read(await connection.GetAsync(Plane.Vbs, $"/jobs/{Uri.EscapeDataString(id)}", cancel));

    /// <summary>Asks until the job has ended. <paramref name="seen"/> is told of each answer.</summary>
    public Task<JobItem> WaitForJobAsync(string id, Action<JobItem>? seen, TimeProvider clock, CancellationToken cancel) =>
        Polling.UntilAsync(() => GetJobAsync(id, cancel), job => job.HasEnded, seen, clock, cancel);

    /// <summary>What retention would do now, as <c>/admin</c> says it.</summary>
    public Task<JsonElement> PreviewRetentionAsync(string policyId, CancellationToken cancel) =>
        connection.GetAsync(Plane.Admin, $"/policies/{policyId}/retention", cancel);

    public void Dispose() => connection.Dispose();

    /// <summary>A kind that has no verbs of its own.</summary>
    internal const string DeletedBackup = "deleted backup";

    /// <summary>An id beats a name; a name that several bear is refused with their ids.</summary>
    internal static T Pick<T>(string kind, string nameOrId, IReadOnlyList<T> items, Func<T, string> id, Func<T, string> name)
        where T : class
    {
        if (items.FirstOrDefault(item => id(item) == nameOrId) is { } byId)
        {
            return byId;
        }

        var named = items.Where(item => name(item) == nameOrId).ToList();
        return named.Count switch
        {
            1 => named[0],
            0 => throw new VerbFailedException(
                $"there is no {kind} with the name or id '{nameOrId}'{(kind is "user" or "project" ? "" : " in this project")}. "
                    + $"'holdfast {(kind == DeletedBackup ? "backup list --deleted" : $"{kind} list")}' shows what there is."
            ),
            _ => throw new VerbFailedException(
                $"'{nameOrId}' is the name of {named.Count} {(kind == "policy" ? "policies" : $"{kind}s")}; give the id: "
                    + $"{string.Join(", ", named.Select(id))}."
            ),
        };
    }

    private async Task<IReadOnlyList<LinkResult>> LinkAsync(
        string path,
        IEnumerable<string> volumeIds,
        string? policyId,
        CancellationToken cancel
    )
    {
        var body = new ResourcesRequest([.. volumeIds.Select(id => new ResourceRequest(id))], policyId);
        var answer = await connection.SendAsync(HttpMethod.Post, Plane.Vbs, path, body, ClientJson.Default.ResourcesRequest, cancel);
        return [.. answer.Elements("success_resources").Concat(answer.Elements("fail_resources")).Select(LinkResult.Read)];
    }
}
