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
    private const string FindBySourceSql = $"SELECT {Columns} FROM volume WHERE source = @source";
    private const string InsertSql = "INSERT INTO volume (id, project_id, name, source, size_bytes, status, created_at, updated_at) VALUES (@id, @project, @name, @source, @size, @status, @now, @now) ON CONFLICT (source) DO NOTHING";
    private const string RemoveSql = "DELETE FROM volume WHERE id = @id";
    private const string SetStatusSql = "UPDATE volume SET status = @status, updated_at = @now WHERE id = @id";
    private const string SetSizeSql = "UPDATE volume SET size_bytes = @size, updated_at = @now WHERE id = @id";

    /// <summary>Registers a device that exists. It is opened and its size is read; nothing is written to it.</summary>
    public async Task<RegisterOutcome> RegisterAsync(ProjectId project, string name, string source, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxNameLength || name.Any(char.IsControl))
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
        [.. (await database.ReadAllAsync<Row>(FindByNameSql, new { project = project.Value, name }, cancel)).Select(row => row.ToVolume())];

    public async Task<IReadOnlyList<Volume>> ListAsync(ProjectId project, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, new { project = project.Value }, cancel)).Select(row => row.ToVolume())];

    /// <summary>The volume that is registered for a device, in whatever project.</summary>
    public async Task<Volume?> FindBySourceAsync(DeviceAddress source, CancellationToken cancel) =>
        (await database.ReadFirstAsync<Row>(FindBySourceSql, new { source = Canonical(source) }, cancel))?.ToVolume();

    /// <summary>Forgets a volume. Its device and its backups stay; its association goes.</summary>
    public async Task<RemoveVolumeOutcome> RemoveAsync(ProjectId project, VolumeId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await LockAsync(tx, id, cancel) is not { } volume || volume.Project != project)
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

    /// <summary>The volume, held against other writers until the transaction ends.</summary>
    internal static async Task<Volume?> LockAsync(CatalogTransaction tx, VolumeId id, CancellationToken cancel) =>
        (await tx.FindAsync<Row>($"{FindSql} {tx.Dialect.RowLock}", new { id = id.ToString() }, cancel))?.ToVolume();

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What makes two addresses one device: where their links lead.</summary>
    private static string Canonical(DeviceAddress address) => DeviceAddress.Parse(address.ResolvedPath).ToString();

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
        var id = VolumeId.New(clock);
        var inserted = await tx.ExecuteAsync(
            InsertSql,
            new { id = id.ToString(), project = project.Value, name, source = Canonical(address), size, status = (int)VolumeStatus.Available, now = Now },
            cancel);
        if (inserted == 0)
        {
            return new RegisterOutcome.Refused(RegisterRefusal.AlreadyRegistered, $"'{address.FilePath}' is registered as a volume already.");
        }

        await tx.CommitAsync(cancel);
        return new RegisterOutcome.Registered(await FindAsync(project, id, cancel) ?? throw new InvalidOperationException($"Volume {id} vanished as it was registered."));
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
