using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Engine;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

/// <summary>The volumes of projects. A device is registered once, whoever asks.</summary>
public sealed class VolumeStore(CatalogDatabase database, PolicyVolumes policies, TimeProvider clock)
{
    public const int MaxNameLength = 255;

    private const string Columns = "id AS Id, project_id AS ProjectId, name AS Name, source AS Source, size_bytes AS SizeBytes, status AS Status, created_at AS CreatedAt, updated_at AS UpdatedAt";
    private const string FindSql = $"SELECT {Columns} FROM volume WHERE id = @id";
    private const string FindOfProjectSql = $"SELECT {Columns} FROM volume WHERE id = @id AND project_id = @project";
    private const string FindByNameSql = $"SELECT {Columns} FROM volume WHERE project_id = @project AND name = @name ORDER BY created_at, id";
    private const string ListSql = $"SELECT {Columns} FROM volume WHERE project_id = @project ORDER BY created_at, id";
    private const string AllSql = $"SELECT {Columns} FROM volume ORDER BY created_at, id";
    private const string InsertSql = "INSERT INTO volume (id, project_id, name, source, size_bytes, status, created_at, updated_at) VALUES (@id, @project, @name, @source, @size, @status, @now, @now)";
    private const string RemoveSql = "DELETE FROM volume WHERE id = @id";
    private const string SetStatusSql = "UPDATE volume SET status = @status, updated_at = @now WHERE id = @id";
    private const string SetSizeSql = "UPDATE volume SET size_bytes = @size, updated_at = @now WHERE id = @id";

    /// <summary>Registers a device that exists. It is opened and its size is read; nothing is written to it.</summary>
    public async Task<RegisterOutcome> RegisterAsync(ProjectId project, string name, string source, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxNameLength || name.Any(char.IsControl) || !CatalogText.CanHold(name))
        {
            return new RegisterOutcome.Refused(RegisterRefusal.InvalidName, $"A volume's name has 1 to {MaxNameLength} printable characters.");
        }

        if (!DeviceAddress.TryParse(source, out var address))
        {
            return new RegisterOutcome.Refused(RegisterRefusal.InvalidSource, $"'{source}' names no volume. Give file:///absolute/path, /dev/name or an absolute path.");
        }

        var (size, refused) = await MeasureAsync(address);
        return refused ?? await InsertAsync(project, name, address, size, cancel);
    }

    public async Task<Volume?> FindAsync(ProjectId project, VolumeId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<Row>(FindOfProjectSql, new { id = id.ToString(), project = project.Value }, cancel))?.ToVolume();

    public static async Task<Volume?> FindAsync(CatalogTransaction tx, VolumeId id, CancellationToken cancel) =>
        (await tx.FindAsync<Row>(FindSql, new { id = id.ToString() }, cancel))?.ToVolume();

    /// <summary>All volumes of a name; names need not be unique.</summary>
    public async Task<IReadOnlyList<Volume>> FindByNameAsync(ProjectId project, string name, CancellationToken cancel) =>
        CatalogText.CanHold(name) ? [.. (await database.ReadAllAsync<Row>(FindByNameSql, new { project = project.Value, name }, cancel)).Select(row => row.ToVolume())] : [];

    public async Task<IReadOnlyList<Volume>> ListAsync(ProjectId project, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, new { project = project.Value }, cancel)).Select(row => row.ToVolume())];

    /// <summary>The volume that is registered for a device, in whatever project and by whatever link.</summary>
    public async Task<Volume?> FindBySourceAsync(DeviceAddress source, CancellationToken cancel) =>
        SameDevice(await database.ReadAllAsync<Row>(AllSql, null, cancel), source)?.ToVolume();

    /// <summary>Forgets a volume. Its device and its backups stay; its association and its turns that wait go.</summary>
    public async Task<RemoveVolumeOutcome> RemoveAsync(ProjectId project, VolumeId id, CancellationToken cancel)
    {
        await using var tx = await policies.BeginHoldingAsync([id], policy: null, cancel);
        if (await FindAsync(tx, id, cancel) is not { } volume || volume.Project != project)
        {
            return RemoveVolumeOutcome.NoSuchVolume;
        }

        await policies.RemoveAsync(tx, id, "The volume was removed.", cancel);
        if ((await JobStore.OpenVolumesAsync(tx, [id], cancel)).Count > 0)
        {
            return RemoveVolumeOutcome.Busy;
        }

        await tx.ExecuteAsync(RemoveSql, new { id = id.ToString() }, cancel);
        await tx.CommitAsync(cancel);
        return RemoveVolumeOutcome.Removed;
    }

    public Task SetStatusAsync(CatalogTransaction tx, VolumeId id, VolumeStatus status, CancellationToken cancel) =>
        tx.ExecuteAsync(SetStatusSql, new { id = id.ToString(), status = (int)status, now = Now }, cancel);

    public Task UpdateSizeAsync(CatalogTransaction tx, VolumeId id, long bytes, CancellationToken cancel) =>
        tx.ExecuteAsync(SetSizeSql, new { id = id.ToString(), size = bytes, now = Now }, cancel);

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Compared by where links lead now, not when each was registered: what <c>/dev/sdb</c> is changes with the next start of the machine, while a
    /// volume keeps the stable name that it was registered by.
    /// </summary>
    private static Row? SameDevice(IReadOnlyList<Row> volumes, DeviceAddress source) =>
        volumes.FirstOrDefault(row => DeviceAddress.TryParse(row.Source, out var known) && known.Equals(source));

    private static async Task<(long Size, RegisterOutcome.Refused? Refused)> MeasureAsync(DeviceAddress address)
    {
        try
        {
            await using var device = address.OpenForReading();
            return device.Size > 0
                ? (device.Size, null)
                : (0, new RegisterOutcome.Refused(RegisterRefusal.NotADevice, $"'{address.FilePath}' is empty; there is nothing to back up. Give it a size first."));
        }
        catch (HoldfastException e)
        {
            var why = e.Kind switch
            {
                FailureKind.NotFound => RegisterRefusal.NotFound,
                FailureKind.Refused => RegisterRefusal.NotADevice,
                _ => RegisterRefusal.NotReadable,
            };
            return (0, new RegisterOutcome.Refused(why, e.Message));
        }
    }

    private async Task<RegisterOutcome> InsertAsync(ProjectId project, string name, DeviceAddress address, long size, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.RegisterVolume, cancel);
        if (SameDevice(await tx.QueryAsync<Row>(AllSql, null, cancel), address) is not null)
        {
            // Not whose: it may be another project's.
            return new RegisterOutcome.Refused(RegisterRefusal.AlreadyRegistered, $"'{address.FilePath}' is registered as a volume already.");
        }

        var now = Now;
        var row = new Row
        {
            Id = VolumeId.New(clock).ToString(),
            ProjectId = project.Value,
            Name = name,
            Source = address.ToString(),
            SizeBytes = size,
            Status = VolumeStatus.Available,
            CreatedAt = now,
            UpdatedAt = now,
        };
        await tx.ExecuteAsync(InsertSql, new { id = row.Id, project = row.ProjectId, name, source = row.Source, size, status = (int)row.Status, now }, cancel);
        await tx.CommitAsync(cancel);
        return new RegisterOutcome.Registered(row.ToVolume());
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string ProjectId { get; set; } = "";

        public string Name { get; set; } = "";

        public string Source { get; set; } = "";

        public long SizeBytes { get; set; }

        public VolumeStatus Status { get; set; }

        public long CreatedAt { get; set; }

        public long UpdatedAt { get; set; }

        public Volume ToVolume() => new()
        {
            Id = VolumeId.Parse(Id, null),
            Project = new ProjectId(ProjectId),
            Name = Name,
            Source = Source,
            SizeBytes = SizeBytes,
            Status = Status,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
        };
    }
}
