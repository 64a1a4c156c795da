using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Policies;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Protection;

/// <summary>How well each volume is protected: what the overview, <c>holdfast status</c> and the metrics tell. Reads only.</summary>
public sealed class ProtectionStore(CatalogDatabase database, TimeProvider clock)
{
    private const string NewestSql =
        "(SELECT b.number FROM backup b WHERE b.volume_id = v.id AND b.status = 2 AND coalesce(b.verdict_ok, 1) = 1 "
        + "ORDER BY b.number DESC LIMIT 1)";

    private const string VolumesSql = $"""
        SELECT v.project_id AS ProjectId, r.name AS ProjectName, v.id AS Id, v.name AS Name, v.proven_at AS ProvenAt,
          m.policy_id AS PolicyId, m.added_at AS AddedAt,
          o.ended_at AS EndedAt, o.failures AS Failures, o.fail_code AS FailCode, o.fail_reason AS FailReason,
          g.id AS BackupId, g.created_at AS BegunAt, g.available_at AS AvailableAt, g.bytes_read AS BytesRead, g.bytes_new AS BytesNew,
          g.bytes_stored AS BytesStored, g.verdict_at AS VerdictAt, g.verdict_by AS VerdictBy,
          (SELECT count(*) FROM backup d WHERE d.volume_id = v.id AND d.verdict_ok = 0 AND d.status = 2) AS Damaged
        FROM volume v JOIN project r ON r.id = v.project_id
        LEFT JOIN policy_volume m ON m.volume_id = v.id
        LEFT JOIN volume_outcome o ON o.volume_id = v.id
        LEFT JOIN backup g ON g.volume_id = v.id AND g.number = {NewestSql}
        """;

    private const string PoliciesSql = $"SELECT {PolicyRow.Columns} FROM policy p";

    /// <summary>The volumes of a project, or of all; by name.</summary>
    public Task<IReadOnlyList<VolumeProtection>> ListAsync(ProjectId? project, CancellationToken cancel) =>
        ListAsync(project, volume: null, cancel);

    /// <summary>One volume; null where the project has no such volume.</summary>
    public async Task<VolumeProtection?> FindAsync(ProjectId project, VolumeId volume, CancellationToken cancel) =>
        (await ListAsync(project, volume, cancel)).SingleOrDefault();

    private async Task<IReadOnlyList<VolumeProtection>> ListAsync(ProjectId? project, VolumeId? volume, CancellationToken cancel)
    {
        var where = (string table) => project is null ? "" : $" WHERE {table}.project_id = @project";
        var only = volume is null ? "" : " AND v.id = @volume";
        var parameters = new { project = project?.Value, volume = volume?.ToString() };
        var now = clock.GetUtcNow();
        var policies = (await database.ReadAllAsync<PolicyRow>(PoliciesSql + where("p"), parameters, cancel))
            .Select(row => row.ToPolicy(0, new Dictionary<string, string>()))
            .ToDictionary(
                policy => policy.Id,
                policy => (Policy: policy, Pause: policy.Enabled ? ProtectionRules.LongestPause(policy.Schedule, now) : TimeSpan.Zero)
            );
        var rows = await database.ReadAllAsync<Row>($"{VolumesSql}{where("v")}{only} ORDER BY v.name, v.id", parameters, cancel);
        return [.. rows.Select(row => row.ToProtection(policies, now))];
    }

    private sealed class Row
    {
        public ProjectId ProjectId { get; set; }

        public string ProjectName { get; set; } = "";

        public VolumeId Id { get; set; }

        public string Name { get; set; } = "";

        public DateTimeOffset? ProvenAt { get; set; }

        public string? PolicyId { get; set; }

        public DateTimeOffset? AddedAt { get; set; }

        public DateTimeOffset? EndedAt { get; set; }

        public int? Failures { get; set; }

        public string? FailCode { get; set; }

        public string? FailReason { get; set; }

        public BackupId? BackupId { get; set; }

        public DateTimeOffset? BegunAt { get; set; }

        public DateTimeOffset? AvailableAt { get; set; }

        public long? BytesRead { get; set; }

        public long? BytesNew { get; set; }

        public long? BytesStored { get; set; }

        public DateTimeOffset? VerdictAt { get; set; }

        public int? VerdictBy { get; set; }

        public int Damaged { get; set; }

        public VolumeProtection ToProtection(Dictionary<PolicyId, (Policy Policy, TimeSpan Pause)> policies, DateTimeOffset now)
        {
            // A policy that went between the two reads has no volumes any more.
            (Policy Policy, TimeSpan Pause)? of =
                PolicyId is not null && policies.TryGetValue(Control.PolicyId.Parse(PolicyId, null), out var found) ? found : null;
            var isOn = of is { Policy.Enabled: true };
            DateTimeOffset? wanted = isOn ? ProtectionRules.WantedSince(of!.Value.Pause, now) : null;
            return new VolumeProtection
            {
                Project = ProjectId,
                ProjectName = ProjectName,
                Volume = Id,
                Name = Name,
                State = ProtectionRules.StateOf(BegunAt, isOn ? AddedAt : null, wanted, Failures ?? 0, Damaged),
                Policy = of?.Policy.Id,
                PolicyName = of?.Policy.Name,
                IsPolicyOn = isOn,
                WantedSince = wanted,
                IsOverdue =
                    ProtectionRules.StateOf(BegunAt, isOn ? AddedAt : null, wanted, failures: 0, damaged: 0) == ProtectionState.Overdue,
                Newest = BackupId is { } newest && BegunAt is { } begun ? ToGoodBackup(newest, begun) : null,
                DamagedBackups = Damaged,
                Last = EndedAt is { } at ? new LastOutcome(at, Failures ?? 0, FailCode, FailReason) : null,
                ProvenAt = ProvenAt,
                IsDatedAhead = BegunAt > now || AddedAt > now || EndedAt > now || ProvenAt > now,
            };
        }

        private GoodBackup ToGoodBackup(BackupId id, DateTimeOffset begun) =>
            new(
                id,
                begun,
                AvailableAt is { } end && end > begun ? end - begun : TimeSpan.Zero,
                BytesRead,
                BytesNew,
                BytesStored,
                VerdictAt is { } looked ? new BackupVerdict(looked, (VerdictBy)(VerdictBy ?? 0), null) : null
            );
    }
}
