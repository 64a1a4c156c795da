using System.Text.Json;

namespace Holdfast.Client;

/// <summary>Restore drills.</summary>
internal sealed class DrillApi(ApiConnection connection)
{
    /// <summary>Orders a drill of a volume, or of all that have a backup (null).</summary>
    public async Task<IReadOnlyList<DrillItem>> OrderAsync(string? volumeId, CancellationToken cancel) =>
        [
            .. (
                await connection.SendAsync(
                    HttpMethod.Post,
                    Plane.Admin,
                    "/drills",
                    new DrillRequest(volumeId, volumeId is null),
                    ClientJson.Default.DrillRequest,
                    cancel
                )
            )
                .Elements("drills")
                .Select(DrillItem.Read),
        ];

    /// <summary>The last ones first.</summary>
    public async Task<IReadOnlyList<DrillItem>> ListAsync(string? volumeId, int? limit, CancellationToken cancel)
    {
        var query = Listing.Query(("volume_id", volumeId), ("limit", limit?.ToString()));
        return [.. (await connection.GetAsync(Plane.Admin, $"/drills{query}", cancel)).Elements("drills").Select(DrillItem.Read)];
    }

    public async Task<DrillItem> GetAsync(string id, CancellationToken cancel)
    {
        var answer = await connection.GetAsync(Plane.Admin, $"/drills/{Uri.EscapeDataString(id)}", cancel);
        return DrillItem.Read(answer.Object("drill") ?? answer);
    }
}

/// <param name="All">Of every volume that has a backup; then no volume is named.</param>
internal sealed record DrillRequest(string? VolumeId, bool All);

/// <summary>A restore drill as the service tells it; <see cref="Raw"/> is the whole of it.</summary>
internal sealed record DrillItem(
    string Id,
    string VolumeName,
    string Status,
    string? BackupId,
    long? BackupNumber,
    string? Choice,
    string? JobId,
    DateTimeOffset? OrderedAt,
    DateTimeOffset? BeganAt,
    DateTimeOffset? EndedAt,
    long? BytesVerified,
    TimeSpan? Took,
    string? Reason,
    string? Output,
    JsonElement Raw
)
{
    public bool HasEnded => Status is not ("ordered" or "running");

    public bool IsProven => Status == "proven";

    public static DrillItem Read(JsonElement json) =>
        new(
            json.Required("id"),
            json.Text("volume_name") ?? "",
            json.Text("status") ?? "",
            json.Text("backup_id"),
            json.Number("backup_number"),
            json.Text("choice"),
            json.Text("job_id"),
            json.Time("ordered_at"),
            json.Time("began_at"),
            json.Time("ended_at"),
            json.Number("bytes_verified"),
            json.Number("took_ms") is { } took ? TimeSpan.FromMilliseconds(took) : null,
            json.Text("reason"),
            json.Text("output"),
            json
        );
}
