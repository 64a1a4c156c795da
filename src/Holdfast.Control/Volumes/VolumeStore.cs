using Holdfast.Control.Catalog;
using Holdfast.Control.Places;
using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

/// <summary>The volumes of projects. A device is registered once, whoever asks.</summary>
public sealed class VolumeStore(CatalogDatabase database, QuotaStore quotas, ServicePlaces places, TimeProvider clock)
{
    public const int MaxNameLength = 255;

    private readonly AddressResolver _resolver = new(clock);

    private const string FindSql = $"SELECT {VolumeRow.Columns} FROM volume WHERE id = @id";
    private const string FindOfProjectSql = $"SELECT {VolumeRow.ShownColumns} FROM volume WHERE id = @id AND project_id = @project";
    private const string FindByNameSql =
        $"SELECT {VolumeRow.ShownColumns} FROM volume WHERE project_id = @project AND name = @name ORDER BY created_at, id";
    private const string ListSql = $"SELECT {VolumeRow.ShownColumns} FROM volume WHERE project_id = @project ORDER BY created_at, id";
    private const string ListAllSql = $"SELECT {VolumeRow.ShownColumns} FROM volume ORDER BY created_at, id";
    private const string OwnerSql = "SELECT project_id FROM volume WHERE id = @id";
    private const string AllSql = $"SELECT {VolumeRow.Columns} FROM volume ORDER BY created_at, id";
    private const string InsertSql = """
        INSERT INTO volume (id, project_id, name, source, size_bytes, status, description, metadata, owned, identity, resolved_path,
          volume_type, zone, user_id, created_at, updated_at)
        VALUES (@Id, @ProjectId, @Name, @Source, @SizeBytes, @Status, @Description, @Metadata, @Owned, @Identity, @ResolvedPath,
          @Type, @Zone, @UserId, @CreatedAt, @UpdatedAt)
        """;

    private const string SetResolvedSql = "UPDATE volume SET resolved_path = @path WHERE id = @id";

    private const string UpdateSql =
        "UPDATE volume SET name = @name, description = @description, metadata = @metadata, updated_at = @now WHERE id = @id";
    private const string RemoveSql = "DELETE FROM volume WHERE id = @id; DELETE FROM volume_outcome WHERE volume_id = @id";
    private const string SetStatusSql = "UPDATE volume SET status = @status, updated_at = @now WHERE id = @id";
    private const string SeenSql = """
        UPDATE volume SET size_bytes = @size, identity = coalesce(identity, @identity), updated_at = @now
        WHERE id = @id AND (size_bytes <> @size OR identity IS NULL)
        """;
    private const string AcceptSql = "UPDATE volume SET size_bytes = @size, identity = @identity, updated_at = @now WHERE id = @id";

    /// <summary>Registers a device that exists. It is opened and its size is read; nothing is written to it.</summary>
    public Task<RegisterOutcome> RegisterAsync(ProjectId project, string name, string source, CancellationToken cancel) =>
        RegisterAsync(project, new VolumeWords { Name = name }, source, cancel);

    /// <summary>As the other, with all that a volume can be told of itself.</summary>
    public async Task<RegisterOutcome> RegisterAsync(ProjectId project, VolumeWords words, string source, CancellationToken cancel)
    {
        if (NameTrouble(words.Name) is { } trouble)
        {
            return new RegisterOutcome.Refused(RegisterRefusal.InvalidName, trouble);
        }

        try
        {
            if (await _resolver.AskAsync(() => DeviceAddress.TryParse(source, out var parsed) ? parsed : null, cancel) is not { } address)
            {
                return new RegisterOutcome.Refused(
                    RegisterRefusal.InvalidSource,
                    $"'{source}' names no volume. Give file:///absolute/path, /dev/name or an absolute path."
                );
            }

            if (RefusalOf(address) is { } own)
            {
                return new RegisterOutcome.Refused(RegisterRefusal.NotADevice, own);
            }

            var (seen, refused) = await (await _resolver.AskAsync(() => LookAtAsync(address), cancel));
            return refused ?? await InsertAsync(project, words, address, seen, cancel);
        }
        catch (TimeoutException)
        {
            return new RegisterOutcome.Refused(RegisterRefusal.NotReadable, DoesNotAnswer(source));
        }
    }

    /// <summary>Takes what is found at a volume's address now for the volume, whatever was registered. Null when the project has no such
    /// volume.</summary>
    public async Task<RegisterOutcome?> AcceptDeviceAsync(ProjectId project, VolumeId id, CancellationToken cancel)
    {
        if (await FindAsync(project, id, cancel) is not { } volume)
        {
            return null;
        }

        SeenDevice seen;
        try
        {
            (seen, var refused) = await (await _resolver.AskAsync(() => LookAtAsync(DeviceAddress.Parse(volume.Source)), cancel));
            if (refused is not null)
            {
                return refused;
            }
        }
        catch (TimeoutException)
        {
            return new RegisterOutcome.Refused(RegisterRefusal.NotReadable, DoesNotAnswer(volume.Source));
        }

        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(
            AcceptSql,
            new
            {
                id = id.ToString(),
                size = seen.Size,
                identity = seen.Identity,
                now = Now,
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return await FindAsync(project, id, cancel) is { } accepted ? new RegisterOutcome.Registered(accepted) : null;
    }

    /// <summary>Why an address is none to read or write as a volume: it is the service's own. Null when it is not.</summary>
    public string? RefusalOf(DeviceAddress address) =>
        places.NameOf(address) is { } name
            ? $"'{address.FilePath}' is {name}, which is the service's own. Name another file or device."
            : null;

    /// <summary>As it is shown: its status is that of what was ordered of it and has not ended.</summary>
    public async Task<Volume?> FindAsync(ProjectId project, VolumeId id, CancellationToken cancel) =>
        (
            await database.ReadFirstAsync<VolumeRow>(FindOfProjectSql, new { id = id.ToString(), project = project.Value }, cancel)
        )?.ToVolume();

    /// <summary>A volume of whatever project, as it is recorded; for those who were let in before.</summary>
    internal async Task<Volume?> FindAsync(VolumeId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<VolumeRow>(FindSql, new { id = id.ToString() }, cancel))?.ToVolume();

    /// <summary>As it is recorded: its status is what the last step of a job left.</summary>
    public static async Task<Volume?> FindAsync(CatalogTransaction tx, VolumeId id, CancellationToken cancel) =>
        (await tx.FindAsync<VolumeRow>(FindSql, new { id = id.ToString() }, cancel))?.ToVolume();

    /// <summary>All volumes of a name; names need not be unique.</summary>
    public async Task<IReadOnlyList<Volume>> FindByNameAsync(ProjectId project, string name, CancellationToken cancel) =>
        CatalogText.CanHold(name)
            ?
            [
                .. (await database.ReadAllAsync<VolumeRow>(FindByNameSql, new { project = project.Value, name }, cancel)).Select(row =>
                    row.ToVolume()
                ),
            ]
            : [];

    /// <summary>Oldest first.</summary>
    /// <param name="project">Null for those of all projects.</param>
    public async Task<IReadOnlyList<Volume>> ListAsync(ProjectId? project, CancellationToken cancel) =>
        [
            .. (
                await database.ReadAllAsync<VolumeRow>(project is null ? ListAllSql : ListSql, new { project = project?.Value }, cancel)
            ).Select(row => row.ToVolume()),
        ];

    /// <summary>Whose a volume is, or null when there is none.</summary>
    public async Task<ProjectId?> FindOwnerAsync(VolumeId id, CancellationToken cancel) =>
        await database.ReadFirstAsync<string>(OwnerSql, new { id = id.ToString() }, cancel) is { } owner ? new ProjectId(owner) : null;

    /// <summary>The volume that is registered for a device, in whatever project and by whatever link.</summary>
    public async Task<Volume?> FindBySourceAsync(DeviceAddress source, CancellationToken cancel) =>
        (await FindSameAsync(source, cancel)).Same?.ToVolume();

    /// <summary>Changes what a volume is called and described by. Null when the project has no such volume.</summary>
    public async Task<Volume?> UpdateAsync(ProjectId project, VolumeId id, VolumeChange change, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (
            await tx.FindAsync<VolumeRow>(
                $"{FindOfProjectSql} {tx.Dialect.RowLock}",
                new { id = id.ToString(), project = project.Value },
                cancel
            )
            is not { } row
        )
        {
            return null;
        }

        var (volume, now) = (row.ToVolume(), Now);
        var changed = volume with
        {
            Name = change.Name ?? volume.Name,
            Description = change.Description ?? volume.Description,
            Metadata = change.Metadata?.Invoke(volume.Metadata) ?? volume.Metadata,
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
        };
        await tx.ExecuteAsync(
            UpdateSql,
            new
            {
                id = id.ToString(),
                name = changed.Name,
                description = changed.Description,
                metadata = VolumeJson.Write(changed.Metadata),
                now,
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return changed;
    }

    /// <summary>The row of a volume goes. Who calls this has seen to it that nothing needs it any more.</summary>
    internal static Task RemoveAsync(CatalogTransaction tx, VolumeId id, CancellationToken cancel) =>
        tx.ExecuteAsync(RemoveSql, new { id = id.ToString() }, cancel);

    /// <summary>Records a volume whose file the caller makes.</summary>
    internal async Task<Volume> InsertOwnedAsync(
        CatalogTransaction tx,
        ProjectId project,
        VolumeId id,
        NewVolume volume,
        VolumeStatus status,
        DeviceAddress file,
        DeviceIdentity? identity,
        CancellationToken cancel
    )
    {
        var row = NewRow(project, id, volume.Name, file, new SeenDevice(volume.SizeBytes, identity?.ToText()));
        (row.Status, row.Description, row.Metadata, row.Owned) = (status, volume.Description, VolumeJson.Write(volume.Metadata), 1);
        (row.Type, row.Zone, row.UserId) = (volume.Type, volume.Zone, volume.User);
        await tx.ExecuteAsync(InsertSql, row, cancel);
        return row.ToVolume();
    }

    /// <summary>What is wrong with a name, or null.</summary>
    public static string? NameTrouble(string name) =>
        string.IsNullOrWhiteSpace(name) || name.EnumerateRunes().Count() > MaxNameLength || !CatalogText.CanHold(name)
            ? $"A volume's name has 1 to {MaxNameLength} characters, not all of them blanks, and no NUL."
            : null;

    public Task SetStatusAsync(CatalogTransaction tx, VolumeId id, VolumeStatus status, CancellationToken cancel) =>
        tx.ExecuteAsync(
            SetStatusSql,
            new
            {
                id = id.ToString(),
                status = (int)status,
                now = Now,
            },
            cancel
        );

    /// <summary>A drill has proven that the volume can be restored from this backup. The volume may be gone.</summary>
    internal static Task SetProvenAsync(CatalogTransaction tx, VolumeId id, BackupId backup, long nowMs, CancellationToken cancel) =>
        tx.ExecuteAsync(
            "UPDATE volume SET proven_at = @now, proven_backup_id = @backup WHERE id = @id",
            new
            {
                id = id.ToString(),
                backup = backup.ToString(),
                now = nowMs,
            },
            cancel
        );

    /// <summary>Bytes of all volumes that the service made, whosever they are.</summary>
    public async Task<long> SumOwnedAsync(CancellationToken cancel) =>
        await database.ReadFirstAsync<long>(
            "SELECT CAST(coalesce(sum(size_bytes), 0) AS bigint) FROM volume WHERE owned = 1",
            null,
            cancel
        );

    /// <summary>Records what a backup saw: the size, and what identifies the device where that was not known yet.</summary>
    /// <param name="bytes">More than 0: nothing is never what a volume is.</param>
    internal async Task UpdateSeenAsync(CatalogTransaction tx, VolumeId id, long bytes, DeviceIdentity? identity, CancellationToken cancel)
    {
        if (bytes > 0)
        {
            await tx.ExecuteAsync(
                SeenSql,
                new
                {
                    id = id.ToString(),
                    size = bytes,
                    identity = identity?.ToText(),
                    now = Now,
                },
                cancel
            );
        }
    }

    private static string DoesNotAnswer(string source) =>
        $"'{source}' does not answer. Is it on a mount whose server is away? Try again when it is back.";

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Compared by where links lead now, not when each was registered: what <c>/dev/sdb</c> is changes with the next start of the machine,
    /// while a volume keeps the stable name that it was registered by. Asks file systems, so it is never called in a transaction.
    /// </summary>
    /// <returns>The row, and where all rows led that answered.</returns>
    private async Task<(VolumeRow? Same, IReadOnlyDictionary<string, string> Resolved)> FindSameAsync(
        DeviceAddress source,
        CancellationToken cancel
    )
    {
        var rows = await database.ReadAllAsync<VolumeRow>(AllSql, null, cancel);
        var resolved = await _resolver.ResolveAsync([.. rows.Select(row => row.Source)], cancel);
        return (rows.FirstOrDefault(row => IsSame(row, source, resolved)), resolved);
    }

    /// <summary>By where the row led just now; where its file system did not answer, or the row is newer than the asking, by where it led
    /// when it was written.</summary>
    private static bool IsSame(VolumeRow row, DeviceAddress source, IReadOnlyDictionary<string, string> resolved) =>
        (resolved.GetValueOrDefault(row.Source) ?? row.ResolvedPath) is { } path
            ? path == source.ResolvedPath
            : row.Source == source.ToString();

    private static async Task<(SeenDevice SeenDevice, RegisterOutcome.Refused? Refused)> LookAtAsync(DeviceAddress address)
    {
        try
        {
            await using var device = address.OpenForReading();
            return device.Size > 0
                ? (new SeenDevice(device.Size, device.Identity()?.ToText()), null)
                : (
                    default,
                    new RegisterOutcome.Refused(
                        RegisterRefusal.NotADevice,
                        $"'{address.FilePath}' is empty; there is nothing to back up. Give it a size first."
                    )
                );
        }
        catch (HoldfastException e)
        {
            var why = e.Kind switch
            {
                FailureKind.NotFound => RegisterRefusal.NotFound,
                FailureKind.Refused => RegisterRefusal.NotADevice,
                _ => RegisterRefusal.NotReadable,
            };
            return (default, new RegisterOutcome.Refused(why, e.Message));
        }
    }

    private async Task<RegisterOutcome> InsertAsync(
        ProjectId project,
        VolumeWords words,
        DeviceAddress address,
        SeenDevice seen,
        CancellationToken cancel
    )
    {
        var (_, resolved) = await FindSameAsync(address, cancel);
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.RegisterVolume, cancel);
        var rows = await tx.QueryAsync<VolumeRow>(AllSql, null, cancel);
        if (rows.FirstOrDefault(known => IsSame(known, address, resolved)) is { } same)
        {
            // What another project calls it is not told.
            var named = same.ProjectId == project.Value ? $"volume '{same.Name}' ({same.Id})" : "a volume";
            return new RegisterOutcome.Refused(
                RegisterRefusal.AlreadyRegistered,
                $"'{address.FilePath}' is registered as {named} already."
            );
        }

        foreach (var known in rows)
        {
            if (resolved.GetValueOrDefault(known.Source) is { } path && path != known.ResolvedPath)
            {
                await tx.ExecuteAsync(SetResolvedSql, new { id = known.Id, path }, cancel);
            }
        }

        if (await quotas.FindBreachAsync(tx, project, new VolumeDemand(1, Volume.GibOf(seen.Size), PerVolume: null), cancel) is { } breach)
        {
            return new RegisterOutcome.QuotaExceeded(breach);
        }

        var row = NewRow(project, VolumeId.New(clock), words.Name, address, seen);
        (row.Description, row.Metadata) = (words.Description, VolumeJson.Write(words.Metadata));
        (row.Type, row.Zone, row.UserId) = (words.Type, words.Zone, words.User);
        await tx.ExecuteAsync(InsertSql, row, cancel);
        await tx.CommitAsync(cancel);
        return new RegisterOutcome.Registered(row.ToVolume());
    }

    private VolumeRow NewRow(ProjectId project, VolumeId id, string name, DeviceAddress address, SeenDevice seen) =>
        new()
        {
            Id = id.ToString(),
            ProjectId = project.Value,
            Name = name,
            Source = address.ToString(),
            ResolvedPath = address.ResolvedPath,
            SizeBytes = seen.Size,
            Identity = seen.Identity,
            Status = VolumeStatus.Available,
            CreatedAt = Now,
            UpdatedAt = Now,
        };
}
