using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Policies;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Protection;

/// <summary>How well each volume is protected: what the overview, <c>holdfast status</c> and the metrics tell. Reads only.</summary>
public sealed class ProtectionStore(CatalogDatabase database, TimeProvider clock)
{
    /// <summary>As the index <c>backup_newest</c> has it.</summary>
    private const string Good = "b.volume_id = v.id AND b.status = 2 AND coalesce(b.verdict_ok, 1) = 1 ORDER BY b.number DESC LIMIT 1";

    private const string ShortColumns =
        "v.id AS Id, v.name AS Name, v.proven_at AS ProvenAt, m.policy_id AS PolicyId, m.added_at AS AddedAt, o.ended_at AS EndedAt, "
        + "o.failures AS Failures, coalesce(d.damaged, 0) AS Damaged";

    private const string Joins = """
        LEFT JOIN policy_volume m ON m.volume_id = v.id
        LEFT JOIN volume_outcome o ON o.volume_id = v.id
        LEFT JOIN (SELECT volume_id, count(*) AS damaged FROM backup WHERE verdict_ok = 0 AND status = 2 GROUP BY volume_id) d
          ON d.volume_id = v.id
        """;

    private const string VolumesSql = $"""
        SELECT {ShortColumns}, v.project_id AS ProjectId, r.name AS ProjectName, o.fail_code AS FailCode, o.fail_reason AS FailReason,
          g.id AS BackupId, g.created_at AS BegunAt, g.available_at AS AvailableAt, g.bytes_read AS BytesRead, g.bytes_new AS BytesNew,
          g.bytes_stored AS BytesStored, g.verdict_at AS VerdictAt, g.verdict_by AS VerdictBy
        FROM volume v JOIN project r ON r.id = v.project_id
        {Joins}
        LEFT JOIN backup g ON g.volume_id = v.id AND g.number = (SELECT b.number FROM backup b WHERE {Good})
        """;

    /// <summary>Of each volume one look into an index finds the newest good backup; its row is not read.</summary>
    private const string SightsSql = $"""
        SELECT {ShortColumns}, (SELECT b.created_at FROM backup b WHERE {Good}) AS BegunAt
        FROM volume v
        {Joins}
        WHERE v.project_id = @project ORDER BY v.name, v.id
        """;

    private const string PoliciesSql = $"SELECT {PolicyRow.Columns} FROM policy p";

    /// <summary>The volumes of a project, or of all; by name.</summary>
    public async Task<IReadOnlyList<VolumeProtection>> ListAsync(ProjectId? project, CancellationToken cancel)
    {
        var policies = await PoliciesAsync(project, cancel);
        var where = project is null ? "" : " WHERE v.project_id = @project";
        var rows = await database.ReadAllAsync<Row>(
            $"{VolumesSql}{where} ORDER BY v.name, v.id",
            new { project = project?.Value },
            cancel
        );
        return [.. rows.Select(row => row.ToProtection(policies))];
    }

    /// <summary>Some volumes of a project, in the order in which they are named. One that the project has not is left out.</summary>
    public async Task<IReadOnlyList<VolumeProtection>> ListAsync(
        ProjectId project,
        IReadOnlyCollection<VolumeId> these,
        CancellationToken cancel
    )
    {
        if (these.Count == 0)
        {
            return [];
        }

        var policies = await PoliciesAsync(project, cancel);
        var rows = await database.ReadAllAsync<Row>(
            $"{VolumesSql} WHERE v.project_id = @project AND v.id IN @these",
            new { project = project.Value, these = these.Select(volume => volume.ToString()) },
            cancel
        );
        var found = rows.ToDictionary(row => row.Id);
        return [.. these.Where(found.ContainsKey).Select(volume => found[volume].ToProtection(policies))];
    }

    /// <summary>The volumes of a project in short, by name: several times as fast as all that is known of each.</summary>
    public async Task<IReadOnlyList<VolumeSight>> SightsAsync(ProjectId project, CancellationToken cancel)
    {
        var policies = await PoliciesAsync(project, cancel);
        var rows = await database.ReadAllAsync<Row>(SightsSql, new { project = project.Value }, cancel);
        return [.. rows.Select(row => row.ToSight(policies))];
    }

    /// <summary>One volume; null where the project has no such volume.</summary>
    public async Task<VolumeProtection?> FindAsync(ProjectId project, VolumeId volume, CancellationToken cancel) =>
        (await ListAsync(project, [volume], cancel)).SingleOrDefault();

    private async Task<KnownPolicies> PoliciesAsync(ProjectId? project, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var where = project is null ? "" : " WHERE p.project_id = @project";
        var rows = await database.ReadAllAsync<PolicyRow>(PoliciesSql + where, new { project = project?.Value }, cancel);
        var policies = rows.Select(row => row.ToPolicy(0, new Dictionary<string, string>()));
        return new KnownPolicies(
            policies.ToDictionary(
                policy => policy.Id.ToString(),
                policy => new KnownPolicy(
                    policy,
                    policy.Enabled ? ProtectionRules.WantedSince(ProtectionRules.LongestPause(policy.Schedule, now), now) : null
                )
            ),
            now
        );
    }

    /// <param name="WantedSince">See <see cref="ProtectionRules.WantedSince"/>; null for one that is off.</param>
    private sealed record KnownPolicy(Policy Policy, DateTimeOffset? WantedSince);

    /// <param name="ById">By their ids as the catalog writes them.</param>
    private sealed record KnownPolicies(IReadOnlyDictionary<string, KnownPolicy> ById, DateTimeOffset Now)
    {
        /// <summary>Null also for a policy that went between the two reads: it has no volumes any more.</summary>
        public KnownPolicy? Find(string? id) => id is null ? null : ById.GetValueOrDefault(id);
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

        public VolumeSight ToSight(KnownPolicies policies) =>
            new(Id, Name, StateIn(policies.Find(PolicyId)), BegunAt, IsDatedAhead(policies.Now));

        public VolumeProtection ToProtection(KnownPolicies policies)
        {
            var of = policies.Find(PolicyId);
            return new VolumeProtection
            {
                Project = ProjectId,
                ProjectName = ProjectName,
                Volume = Id,
                Name = Name,
                State = StateIn(of),
                Policy = of?.Policy.Id,
                PolicyName = of?.Policy.Name,
                IsPolicyOn = of?.WantedSince is not null,
                WantedSince = of?.WantedSince,
                IsOverdue = StateIn(of, failures: 0, damaged: 0) == ProtectionState.Overdue,
                Newest = BackupId is { } newest && BegunAt is { } begun ? ToGoodBackup(newest, begun) : null,
                DamagedBackups = Damaged,
                Last = EndedAt is { } at ? new LastOutcome(at, Failures ?? 0, FailCode, FailReason) : null,
                ProvenAt = ProvenAt,
                IsDatedAhead = IsDatedAhead(policies.Now),
            };
        }

        private ProtectionState StateIn(KnownPolicy? of) => StateIn(of, Failures ?? 0, Damaged);

        private ProtectionState StateIn(KnownPolicy? of, int failures, int damaged) =>
            ProtectionRules.StateOf(BegunAt, of?.WantedSince is null ? null : AddedAt, of?.WantedSince, failures, damaged);

        private bool IsDatedAhead(DateTimeOffset now) => BegunAt > now || AddedAt > now || EndedAt > now || ProvenAt > now;

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
