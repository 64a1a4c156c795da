using Holdfast.Control.Catalog;
using Holdfast.Control.Tasks;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Policies;

/// <summary>The policies of projects. Which volumes they have is <see cref="PolicyVolumes"/>'s.</summary>
public sealed class PolicyStore(CatalogDatabase database, TaskStore tasks, IOptions<PolicyOptions> options, TimeProvider clock)
{
    private const string InsertSql = """
        INSERT INTO policy (id, project_id, name, is_default, enabled, start_time, frequency, week_frequency,
          retention_count, retention_days, keep_first_of_month, time_zone, next_fire_at, created_at, updated_at)
        VALUES (@id, @project, @name, @isDefault, @enabled, @startTime, @frequency, @weekFrequency,
          @retentionCount, @retentionDays, @keepFirst, @timeZone, @nextFireAt, @created, @updated)
        """;

    private const string UpdateSql = """
        UPDATE policy SET name = @name, enabled = @enabled, start_time = @startTime, frequency = @frequency,
          week_frequency = @weekFrequency, retention_count = @retentionCount,
          retention_days = @retentionDays, keep_first_of_month = @keepFirst, time_zone = @timeZone,
          next_fire_at = @nextFireAt, updated_at = @updated
        WHERE id = @id
        """;

    private const string FindSql = $"SELECT {PolicyRow.Columns} FROM policy p WHERE p.id = @id";
    private const string ListSql = $"SELECT {PolicyRow.Columns} FROM policy p WHERE p.project_id = @project ORDER BY p.created_at, p.id";
    private const string CountSql = "SELECT count(*) FROM policy WHERE project_id = @project";
    private const string LockProjectSql = "SELECT id FROM project WHERE id = @project";
    private const string HasDefaultSql = "SELECT 1 FROM policy WHERE project_id = @project AND is_default = 1";
    private const string RemoveSql = "DELETE FROM policy WHERE id = @id";
    private const string DueSql = "SELECT id FROM policy WHERE next_fire_at <= @now ORDER BY next_fire_at, id";
    private const string EnabledSql = "SELECT id FROM policy WHERE enabled = 1 ORDER BY id";
    private const string SetNextFireSql = "UPDATE policy SET next_fire_at = @at WHERE id = @id";
    private const string TakeBackSql = "UPDATE policy SET next_fire_at = @at, updated_at = @now WHERE id = @id";
    private const string InsertTagSql = "INSERT INTO policy_tag (policy_id, key, value) VALUES (@id, @key, @value)";
    private const string TagsSql =
        "SELECT t.policy_id AS PolicyId, t.key AS Key, t.value AS Value FROM policy_tag t JOIN policy p ON p.id = t.policy_id WHERE";
    private const string VolumeCountsSql =
        "SELECT v.policy_id AS PolicyId, count(*) AS Volumes FROM policy_volume v JOIN policy p ON p.id = v.policy_id WHERE";

    /// <summary>What the default policy is until somebody changes it.</summary>
    private static readonly PolicyDraft Default = new()
    {
        Name = "defaultPolicy",
        Enabled = false,
        Schedule = new Schedule { StartTime = "00:00", Frequency = 1 },
        Retention = new RetentionRule { Count = 7 },
    };

    /// <summary>All policies of a project by age, the default one among them.</summary>
    public async Task<IReadOnlyList<Policy>> ListAsync(ProjectId project, CancellationToken cancel)
    {
        await EnsureDefaultAsync(project, cancel);
        await using var tx = await database.BeginReadingAsync(cancel);
        var rows = await tx.QueryAsync<PolicyRow>(ListSql, new { project = project.Value }, cancel);
        return await WithDetailsAsync(tx, rows, "p.project_id = @value", project.Value, cancel);
    }

    public async Task<Policy?> FindAsync(ProjectId project, PolicyId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginReadingAsync(cancel);
        return await FindAsync(tx, id, "", cancel) is { } policy && policy.Project == project ? policy : null;
    }

    /// <summary>The policy, held against other writers until the transaction ends.</summary>
    public static Task<Policy?> LockAsync(CatalogTransaction tx, PolicyId id, CancellationToken cancel) =>
        FindAsync(tx, id, tx.Dialect.RowLock, cancel);

    public async Task<CreatePolicyOutcome> CreateAsync(ProjectId project, PolicyDraft draft, CancellationToken cancel)
    {
        await EnsureDefaultAsync(project, cancel);
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync($"{LockProjectSql} {tx.Dialect.RowLock}", new { project = project.Value }, cancel);
        if (await tx.FindAsync<long>(CountSql, new { project = project.Value }, cancel) >= options.Value.MaxPerProject)
        {
            return new CreatePolicyOutcome.TooMany(options.Value.MaxPerProject);
        }

        var policy = await InsertAsync(tx, project, draft, isDefault: false, cancel);
        await tx.CommitAsync(cancel);
        return new CreatePolicyOutcome.Created(policy);
    }

    /// <summary>Changes a policy. Its next firing moves only when its schedule or switch does, and then counts from now: never
    /// backwards.</summary>
    public async Task<UpdatePolicyOutcome> UpdateAsync(ProjectId project, PolicyId id, PolicyChange change, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await LockAsync(tx, id, cancel) is not { } policy || policy.Project != project)
        {
            return UpdatePolicyOutcome.NoSuchPolicy;
        }

        if (policy.IsDefault && change.Name is not null && change.Name != policy.Name)
        {
            return UpdatePolicyOutcome.DefaultNameFixed;
        }

        var now = clock.GetUtcNow();
        var changed = policy with
        {
            Name = change.Name ?? policy.Name,
            Enabled = change.Enabled ?? policy.Enabled,
            Schedule = change.ApplyTo(policy.Schedule),
            Retention = change.ApplyTo(policy.Retention),
            UpdatedAt = now,
        };
        var moves = changed.Enabled != policy.Enabled || !changed.Schedule.HasSlotsOf(policy.Schedule);
        changed = changed with
        {
            NextFireAt =
                !changed.Enabled ? null
                : moves ? changed.Schedule.NextAfter(now)
                : policy.NextFireAt,
        };
        changed.ThrowIfInvalid();
        await tx.ExecuteAsync(UpdateSql, PolicyRow.ParametersOf(changed), cancel);
        await tx.CommitAsync(cancel);
        return UpdatePolicyOutcome.Updated;
    }

    /// <summary>Removes a policy with its tasks. Its backups stay; turns that wait are taken back, what runs finishes as an ordinary
    /// backup.</summary>
    public async Task<RemovePolicyOutcome> RemoveAsync(ProjectId project, PolicyId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await LockAsync(tx, id, cancel) is not { } policy || policy.Project != project)
        {
            return RemovePolicyOutcome.NoSuchPolicy;
        }

        if (policy.IsDefault)
        {
            return RemovePolicyOutcome.IsDefault;
        }

        await tasks.SkipWaitingAsync(tx, id, volume: null, "The policy was deleted.", cancel);
        await tx.ExecuteAsync(RemoveSql, new { id = id.ToString() }, cancel);
        await tx.CommitAsync(cancel);
        return RemovePolicyOutcome.Removed;
    }

    /// <summary>The policies whose next firing has come.</summary>
    public async Task<IReadOnlyList<PolicyId>> DueAsync(DateTimeOffset now, CancellationToken cancel) =>
        [
            .. (await database.ReadAllAsync<string>(DueSql, new { now = now.ToUnixTimeMilliseconds() }, cancel)).Select(id =>
                PolicyId.Parse(id, null)
            ),
        ];

    public async Task<IReadOnlyList<PolicyId>> EnabledAsync(CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<string>(EnabledSql, null, cancel)).Select(id => PolicyId.Parse(id, null))];

    public static Task SetNextFireAsync(CatalogTransaction tx, PolicyId id, DateTimeOffset? at, CancellationToken cancel) =>
        tx.ExecuteAsync(SetNextFireSql, new { id = id.ToString(), at = at?.ToUnixTimeMilliseconds() }, cancel);

    /// <summary>The next firing is earlier than it was: what had moved it was a clock that was ahead.</summary>
    internal static Task TakeBackAsync(
        CatalogTransaction tx,
        PolicyId id,
        DateTimeOffset? at,
        DateTimeOffset now,
        CancellationToken cancel
    ) =>
        tx.ExecuteAsync(
            TakeBackSql,
            new
            {
                id = id.ToString(),
                at = at?.ToUnixTimeMilliseconds(),
                now = now.ToUnixTimeMilliseconds(),
            },
            cancel
        );

    private static async Task<Policy?> FindAsync(CatalogTransaction tx, PolicyId id, string rowLock, CancellationToken cancel)
    {
        var rows = await tx.QueryAsync<PolicyRow>($"{FindSql} {rowLock}", new { id = id.ToString() }, cancel);
        return await WithDetailsAsync(tx, rows, "p.id = @value", id.ToString(), cancel) is [var policy] ? policy : null;
    }

    private static async Task<IReadOnlyList<Policy>> WithDetailsAsync(
        CatalogTransaction tx,
        IReadOnlyList<PolicyRow> rows,
        string where,
        string value,
        CancellationToken cancel
    )
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var tags = (await tx.QueryAsync<TagRow>($"{TagsSql} {where} ORDER BY t.key", new { value }, cancel)).ToLookup(tag => tag.PolicyId);
        var counts = (await tx.QueryAsync<CountRow>($"{VolumeCountsSql} {where} GROUP BY v.policy_id", new { value }, cancel)).ToDictionary(
            row => row.PolicyId,
            row => (int)row.Volumes
        );
        return
        [
            .. rows.Select(row =>
                row.ToPolicy(counts.GetValueOrDefault(row.Id), tags[row.Id].ToDictionary(tag => tag.Key, tag => tag.Value))
            ),
        ];
    }

    /// <summary>Two at once make one: they wait for each other on the project's row.</summary>
    private async Task EnsureDefaultAsync(ProjectId project, CancellationToken cancel)
    {
        if (
            !options.Value.CreateDefault
            || await database.ReadFirstAsync<long?>(HasDefaultSql, new { project = project.Value }, cancel) is not null
        )
        {
            return;
        }

        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync($"{LockProjectSql} {tx.Dialect.RowLock}", new { project = project.Value }, cancel);
        if (await tx.FindAsync<long?>(HasDefaultSql, new { project = project.Value }, cancel) is null)
        {
            await InsertAsync(tx, project, Default, isDefault: true, cancel);
            await tx.CommitAsync(cancel);
        }
    }

    private async Task<Policy> InsertAsync(
        CatalogTransaction tx,
        ProjectId project,
        PolicyDraft draft,
        bool isDefault,
        CancellationToken cancel
    )
    {
        var now = clock.GetUtcNow();
        var policy = new Policy
        {
            Id = PolicyId.New(clock),
            Project = project,
            Name = draft.Name,
            IsDefault = isDefault,
            Enabled = draft.Enabled,
            Schedule = draft.Schedule,
            Retention = draft.Retention,
            NextFireAt = draft.Enabled ? draft.Schedule.NextAfter(now) : null,
            CreatedAt = now,
            UpdatedAt = now,
            Tags = draft.Tags,
        };
        policy.ThrowIfInvalid();
        await tx.ExecuteAsync(InsertSql, PolicyRow.ParametersOf(policy), cancel);
        foreach (var (key, value) in draft.Tags)
        {
            await tx.ExecuteAsync(
                InsertTagSql,
                new
                {
                    id = policy.Id.ToString(),
                    key,
                    value,
                },
                cancel
            );
        }

        return policy;
    }

    private sealed class TagRow
    {
        public string PolicyId { get; set; } = "";

        public string Key { get; set; } = "";

        public string Value { get; set; } = "";
    }

    private sealed class CountRow
    {
        public string PolicyId { get; set; } = "";

        public long Volumes { get; set; }
    }
}
